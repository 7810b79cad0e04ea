"""The screen's words: English in the code, Chinese here. (A leaf package has no Flask-Babel.)"""

from collections.abc import Callable

_ZH = {
    "Bottling line": "灌装产线",
    "Good bottles": "合格品",
    "Rejected": "剔除",
    "Output rate": "产出速率",
    "Energy": "电能",
    "Availability": "时间开动率",
    "Performance": "性能开动率",
    "Quality": "合格品率",
    "Plant time": "产线时间",
    "Trend, last 10 minutes of plant time": "趋势（产线时间最近 10 分钟）",
    "Filler rate": "灌装机速率",
    "Alarms": "报警",
    "No alarms": "无报警",
    "All readings": "全部测点",
    "Tag": "位号",
    "Name": "名称",
    "Value": "数值",
    "Unit": "单位",
    "Buffer": "缓冲段",
    "Bottleneck": "瓶颈",
    "Connecting…": "正在连接…",
    "Live": "实时",
    "No connection": "连接中断",
    "failed": "故障停机",
    "halted": "产线停止",
    "waits": "等待上下游",
    "bad": "测点信号异常",
    "active": "未消除",
    "Faults (instructor)": "故障注入（教师）",
    "Kind": "类型",
    "Size": "幅度",
    "Apply": "应用",
    "none": "无",
    "frozen": "冻结",
    "drift": "漂移",
    "noise": "噪声",
    "dropout": "断线",
    "bottle": "瓶",
    "bottle/min": "瓶/分",
    "case": "箱",
    "Order": "订单",
    "Speed": "速度",
    "Power": "功率",
    "Line": "产线",
    "Clearing": "清除中",
    "Stopped": "已停止",
    "Starting": "启动中",
    "Idle": "待机",
    "Suspended": "已暂停",
    "Execute": "运行",
    "Stopping": "停止中",
    "Aborting": "中止中",
    "Aborted": "已中止",
    "Holding": "保持中",
    "Held": "已保持",
    "Unholding": "解除保持中",
    "Suspending": "暂停中",
    "Unsuspending": "解除暂停中",
    "Resetting": "复位中",
    "Completing": "完成中",
    "Complete": "已完成",
}


def language(asked: str, accepted: str) -> str:
    """ "zh" or "en": what the address asks for, else what the browser prefers, else Chinese."""
    for wish in (asked, *(part.split(";")[0].strip() for part in accepted.split(","))):
        if wish[:2].lower() in ("zh", "en"):
            return wish[:2].lower()
    return "zh"


def translator(lang: str) -> Callable[[str], str]:
    """A function from the English text to the language's; a text without a translation stays English."""
    return (lambda text: _ZH.get(text, text)) if lang == "zh" else (lambda text: text)
