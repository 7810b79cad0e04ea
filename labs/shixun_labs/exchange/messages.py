"""What a lab says to the trainee, in both languages. The lab image carries no gettext catalogue, so the texts live here."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "away": (
        "平台暂时连接不上，请稍后再试。您的文件都还在。",
        "The platform cannot be reached right now. Try again in a moment; none of your files is lost.",
    ),
    "submission-kept": (
        "平台暂时连接不上。您的作业已存在本实验中，连接恢复后会自动提交；提交时间以平台收到为准。",
        "The platform cannot be reached right now. Your submission is kept in this lab and will be sent as soon as the platform"
        " answers; the time at which the platform receives it counts.",
    ),
    "session-ended": (
        "本次实验的凭证已失效。请回到平台页面重新打开实验；已保存的作业不会丢失。",
        "This lab session has ended. Open the lab again from its page on the platform; saved work is not lost.",
    ),
    "refused": ("平台没有接受：{reason}", "The platform did not accept this: {reason}"),
    "unreadable": (
        "平台的回答无法识别（代码 {status}）。",
        "The platform gave an answer this lab does not understand (code {status}).",
    ),
    "no-platform": (
        "本实验没有连接平台，因此没有作业列表。",
        "This lab is not connected to a platform, so it has no assignments.",
    ),
    "unknown-assignment": ("没有名为 {name} 的作业。", "There is no assignment named {name}."),
    "not-fetched": (
        "文件夹 {name} 不存在。请先获取作业。",
        "The folder {name} does not exist. Fetch the assignment first.",
    ),
    "nothing-to-submit": ("文件夹 {name} 中没有可提交的文件。", "The folder {name} has no files to submit."),
    "missing-notebooks": (
        "缺少作业要求的笔记本：{names}。请把文件名改回原名，或重新获取作业。",
        "Notebooks of the assignment are missing: {names}. Give them their original names, or fetch the assignment again.",
    ),
    "too-much": (
        "要提交的文件共 {size} MB，超过 {limit} MB。请删除大文件，清除笔记本的大段输出后再提交。",
        "The files to submit come to {size} MB, over the {limit} MB allowed. Remove large files and clear long outputs, then submit.",
    ),
    "no-feedback": ("还没有评分反馈。", "There is no feedback yet."),
    "unsafe-path": ("平台给出的文件名不可用：{path}", "The platform gave a file name that cannot be used: {path}"),
    "no-disk": (
        "实验的存储空间已满，无法写入 {path}。请删除不需要的文件。",
        "The lab's storage is full, {path} could not be written. Remove files you no longer need.",
    ),
    "state-queued": ("等待评分", "waiting to be graded"),
    "state-running": ("评分中", "being graded"),
    "state-graded": ("已评分 {score}/{max}", "graded {score}/{max}"),
    "state-refused": ("未能评分，请看反馈", "could not be graded, see the feedback"),
    "state-failed": ("评分出错，教师会处理", "grading failed on our side, your instructor will see to it"),
    "state-kept": ("待发送（平台连接恢复后自动提交）", "waiting to be sent (when the platform answers again)"),
    "plant-away": (
        "设备暂时没有回答，几秒后会自动重试。",
        "The plant is not answering yet; this page tries again in a few seconds.",
    ),
    "no-plant": ("本实验没有设备。", "This lab has no plant."),
    "validate-failed": ("校验没有完成：{reason}", "Validation did not finish: {reason}"),
}


def say(key: str, lang: str, **values: object) -> str:
    """The text of `key` in `lang` ("en…" is English, anything else Chinese), its {placeholders} filled."""
    zh, en = TEXTS[key]
    return (en if lang.lower().startswith("en") else zh).format(**values)
