"""The screen's common words: English in the code, Chinese here; a kind's own words stand in its mimic.

(A leaf package has no Flask-Babel.)
"""

from collections.abc import Callable, Mapping

ZH = {
    "Plant time": "产线时间",
    "Trend, last {minutes} minutes of plant time": "趋势（产线时间最近 {minutes} 分钟）",
    "Alarms": "报警",
    "No alarms": "无报警",
    "Acknowledge": "确认",
    "Shelve {minutes} min": "搁置 {minutes} 分钟",
    "Unshelve": "取消搁置",
    "shelved until": "已搁置至",
    "active": "未消除",
    "returned": "已恢复，未确认",
    "Critical": "紧急",
    "High": "高",
    "Medium": "中",
    "Low": "低",
    "All readings": "全部测点",
    "Tag": "位号",
    "Name": "名称",
    "Value": "数值",
    "Unit": "单位",
    "Connecting…": "正在连接…",
    "Live": "实时",
    "No connection": "连接中断",
    "Faults and attacks (instructor)": "故障与攻击注入（教师）",
    "Kind": "类型",
    "Size": "幅度",
    "Apply": "应用",
    "none": "无",
    "frozen": "仪表冻结",
    "drift": "仪表漂移",
    "noise": "仪表噪声",
    "dropout": "仪表断线",
    "bad": "坏质量码",
    "stuck": "执行器卡死",
    "sluggish": "执行器迟缓",
    "fouled": "执行器堵塞",
    "spoofed": "网络：伪造数值",
    "hijacked": "网络：劫持指令",
    "help none": "去掉这个测点的故障。",
    "help frozen": "读数停在最后的值，质量码仍为好。",
    "help drift": "读数每秒偏离“幅度”个单位。",
    "help noise": "读数叠加标准差为“幅度”的噪声。",
    "help dropout": "读数落到量程下限，质量码变坏。",
    "help bad": "读数照常，质量码变坏。",
    "help stuck": "停在当前位置，不再动作。",
    "help sluggish": "动作变慢到原来的“幅度”分之一（不小于 1）。",
    "help fouled": "损失的流量份额为“幅度”（0 到 1）。",
    "help spoofed": "画面和客户端看到“幅度”这个假值，控制器看到的仍是真实读数。",
    "help hijacked": "设定或命令被改成“幅度”，客户端再写也不起作用，读回的却是自己写的值。",
}
EN = {
    "frozen": "instrument: frozen",
    "drift": "instrument: drift",
    "noise": "instrument: noise",
    "dropout": "instrument: broken wire",
    "bad": "instrument: bad quality",
    "stuck": "actuator: stuck",
    "sluggish": "actuator: sluggish",
    "fouled": "actuator: fouled",
    "spoofed": "network: spoofed value",
    "hijacked": "network: hijacked command",
    "help none": "Removes the tag's fault.",
    "help frozen": "The reading stays at its last value, its quality is good.",
    "help drift": "The reading moves away by “size” units a second.",
    "help noise": "Noise of standard deviation “size” is added to the reading.",
    "help dropout": "The reading falls to the bottom of its range, its quality is bad.",
    "help bad": "The reading goes on, its quality is bad.",
    "help stuck": "It stays where it is.",
    "help sluggish": "It moves “size” times slower (at least 1).",
    "help fouled": "The share “size” (0 to 1) of its flow is lost.",
    "help spoofed": "Screen and clients see the false value “size”; the controller still sees the true reading.",
    "help hijacked": "The set point or command becomes “size”; what clients write is lost, yet they read it back.",
}


def language(asked: str, accepted: str) -> str:
    """ "zh" or "en": what the address asks for, else what the browser prefers, else Chinese."""
    for wish in (asked, *(part.split(";")[0].strip() for part in accepted.split(","))):
        if wish[:2].lower() in ("zh", "en"):
            return wish[:2].lower()
    return "zh"


def hms(seconds: float) -> str:
    """A length of time as h:mm:ss."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def translator(lang: str, words: Mapping[str, str]) -> Callable[[str], str]:
    """A function from the English text to the language's; `words` are the kind's own. A text without one stays as it is."""
    return (lambda text: words.get(text) or ZH.get(text, text)) if lang == "zh" else (lambda text: EN.get(text, text))
