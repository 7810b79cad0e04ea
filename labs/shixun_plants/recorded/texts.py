"""Words of the recorded shift's screen: English in the code, Chinese here."""

from shixun_plants.bottling.record import BLOCKED, BREAK, DOWN_STOP, RUN, STARTUP, STARVED

KIND_NAMES = {RUN: "Running", STARVED: "Starved", BLOCKED: "Blocked", DOWN_STOP: "Down", BREAK: "Planned stop"}
REASON_NAMES: dict[str, tuple[str, str]] = {
    "water-pressure": ("冲洗水压不足", "Rinse water pressure low"),
    "fallen-bottle": ("进瓶口倒瓶", "Fallen bottle at the infeed"),
    "valve-leak": ("灌装阀滴漏", "Filling valve leaks"),
    "bowl-level": ("料缸液位低", "Bowl level low"),
    "cap-jam": ("瓶盖卡在滑道", "Caps jam in the chute"),
    "cap-torque": ("旋盖扭矩超差", "Cap torque out of range"),
    "label-reel": ("标签卷用完", "Label reel empty"),
    "glue-cold": ("热熔胶温度低", "Glue too cold"),
    "carton-jam": ("纸箱卡住", "Carton jam"),
    "photo-eye": ("光电开关误动作", "Photo-eye fault"),
    STARTUP: ("休息后开机", "Start-up after the break"),
}
ZH = {
    "Bottling line": "灌装产线",
    "Record of one shift": "一个班次的记录",
    "Moment": "时刻",
    "Moment of the shift": "班次中的时刻",
    "Made": "完成",
    "Rejected": "剔除",
    "Buffer": "缓冲段",
    "bottle": "瓶",
    "bottle/min": "瓶/分",
    "Power": "功率",
    "Energy since the shift began": "班次开始以来的电能",
    "States over time": "状态时间线",
    "Buffers": "缓冲存量",
    "Whole shift": "全班",
    "1 hour": "1 小时",
    "10 minutes": "10 分钟",
    "Counters of the shift": "班次计数",
    "Machine": "机器",
    "Rated speed": "额定速度",
    "Stops of the machines": "机器停机记录",
    "Begin": "开始",
    "Length": "时长",
    "Reason": "原因",
    "Shift": "班次",
    "Energy": "电能",
    "Running": "运行",
    "Starved": "缺料等待",
    "Blocked": "堵料等待",
    "Down": "故障停机",
    "Planned stop": "计划停机",
    "The record could not be loaded. Reload the page.": "记录没有载入，请刷新页面。",
    "Drag the slider, or tap the time line. All charts follow.": "拖动滑块，或点时间线；所有图会一起移动。",
    "Waiting times count every second without a bottle to take or a place to put it; the time line draws the longer waits only.":
        "等待时间按秒累计：没瓶可取是缺料，没处可放是堵料；时间线只画出较长的等待。",
}  # fmt: skip
