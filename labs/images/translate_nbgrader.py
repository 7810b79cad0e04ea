"""Makes a Chinese copy of nbgrader's JupyterLab front end while the lab image is built: nbgrader ships its texts in English only.

    translate_nbgrader.py SOURCE TARGET      (the folder of the labextension @jupyter/nbgrader, and where its copy goes)

Texts are replaced as they stand between quotes or tags. One that is not found ends the build: the front end has changed then, and a
half-translated list would be worse than a failed build.
"""

import shutil
import sys
from pathlib import Path

TEXTS = {
    ">Released, downloaded, and submitted assignments for course:<": ">课程的作业（可获取、已获取、已提交）:<",
    ">Loading, please wait...<": ">正在加载……<",
    "> Loading, please wait... <": ">正在加载……<",
    ">Toggle Dropdown<": ">展开列表<",
    'title="Refresh assignments list"': 'title="刷新作业列表"',
    "Released assignments\\n": "可获取的作业\\n",
    "Downloaded assignments\\n": "已获取的作业\\n",
    "Submitted assignments\\n": "已提交的作业\\n",
    "> There are no assignments to fetch. <": ">没有可获取的作业。<",
    "> There are no downloaded assignments. <": ">还没有获取作业。<",
    "> There are no submitted assignments. <": ">还没有提交作业。<",
    '"No courses found."': '"没有课程。"',
    '"Error fetching courses!"': '"课程列表获取失败"',
    '"Assignment List"': '"作业列表"',
    '"Fetch"': '"获取"',
    '"Fetching..."': '"正在获取……"',
    '"Error fetching assignment."': '"作业获取失败。"',
    '"Submit"': '"提交"',
    '"submitting..."': '"正在提交……"',
    '"Error submitting assignment."': '"作业提交失败。"',
    '"Invalid Submission"': '"没有提交成功"',
    '"Assignment not submitted:"': '"作业没有提交："',
    '"Fetch Feedback"': '"获取反馈"',
    '"Fetching Feedback..."': '"正在获取反馈……"',
    '"Error fetching feedback."': '"反馈获取失败。"',
    '" (view feedback)"': '"（查看反馈）"',
    '" (feedback available to fetch)"': '"（有新反馈，可获取）"',
    '"Validate"': '"自查"',
    '"Validating..."': '"正在自查……"',
    '"Validate Assignment"': '"运行笔记本中的公开检查"',
    '"Validation Results"': '"自查结果"',
    '"Validation failed"': '"自查没有完成"',
    '"Cannot save notebook"': '"笔记本保存失败"',
    '"Error validating assignment."': '"自查没有完成。"',
    '"Success! Your notebook passes all the tests."': '"公开检查全部通过。最终成绩以提交后的评分为准。"',
    '"The following cell failed:"': '"以下单元没有通过："',
    '"The following cell passed:"': '"以下单元已通过："',
    '"There was an error running the validate command:"': '"自查时出错："',
    '"The source of the following cell has changed, but it should not have!"': '"以下单元的内容不应修改，但已被修改："',
}


def main(source: Path, target: Path) -> int:
    """Copies `source` to `target` with the texts replaced; 1 and their names when some are missing."""
    shutil.copytree(source, target)
    missing = set(TEXTS)
    for path in sorted((target / "static").glob("*.js")):
        code = path.read_text(encoding="utf-8")
        for english, chinese in TEXTS.items():
            if english in code:
                missing.discard(english)
                code = code.replace(english, chinese)
        path.write_text(code, encoding="utf-8")
    for text in sorted(missing):
        sys.stderr.write(f"nbgrader's front end no longer says {text}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
