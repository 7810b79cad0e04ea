"""What the template says about its columns, and its examples: one good question of each kind."""

from __future__ import annotations

from shixun_packs.exchange.findings import both
from shixun_packs.question import (
    Choice,
    ChoiceQuestion,
    FillQuestion,
    NumericQuestion,
    OrderingQuestion,
    Question,
)
from shixun_packs.text import LocalText

HELP: list[tuple[str, LocalText]] = [
    (
        "总则 General",
        both(
            "一行一题，写在“题目 Questions”工作表里。示例行可以删去。表头不要改动，列的次序可以改。"
            "题目、选项、解释里可以用 `代码`、**强调** 和 $公式$（LaTeX）。",
            "One question a row, in the sheet “题目 Questions”. Delete the examples. Keep the headings; their order is free. "
            "Texts may hold `code`, **emphasis** and $formulas$ (LaTeX).",
        ),
    ),
    (
        "题型 Kind",
        both(
            "单选、多选、判断、数值、排序、填空。",
            "Also in English: single, multiple, true/false, numeric, ordering, fill.",
        ),
    ),
    (
        "题号 Id",
        both(
            "可不填。小写字母开头，只含小写字母、数字、连字符；题库内不重复。",
            "May be left empty. Begins with a lower-case letter; lower-case letters, digits and hyphens; unique in the bank.",
        ),
    ),
    (
        "英文 English",
        both(
            "可暂不填，导入后用中文代替并列出，发布前请补上。",
            "May be left out for now: the Chinese stands in, and every such cell is listed for you to complete.",
        ),
    ),
    ("分值 Points", both("不填为 1。", "1 where it is left empty.")),
    (
        "答案 Answer",
        both(
            "单选：一个字母；多选：几个字母，如 A,C；判断：对 或 错；数值：一个数；填空：几种写法用 | 隔开，或一行一种"
            "（大小写、全角半角不计）；排序：不填。",
            "Single: one letter. Multiple: letters, like A,C. True/false: true or false. Numeric: a number. Fill-in: "
            "spellings with | between them, or one a line (case and width don't matter). Ordering: leave empty.",
        ),
    ),
    (
        "允差 Tolerance",
        both(
            "只用于数值题，与答案同单位：答案 ± 允差 之内算对。",
            "Numeric questions only, in the unit of the answer: right within answer ± tolerance.",
        ),
    ),
    ("单位 Unit", both("只用于数值题，显示在输入框后面。", "Numeric questions only; shown behind the input.")),
    (
        "解释 Explanation",
        both(
            "必填。答题后学员看到的解释：为什么是这个答案。",
            "Required. What the trainee reads after answering: why this is the answer.",
        ),
    ),
    (
        "选项 Choice A…",
        both(
            "从 A 起依次填，中间不空。排序题按正确的顺序写（至少三项），出题时会打乱。",
            "From A on, without gaps. An ordering has its entries in the right order (three or more); trainees see them shuffled.",
        ),
    ),
    (
        "为什么错 Why … is wrong",
        both(
            "每个错误选项必填：什么样的误解会选它。好的错误选项都来自人们真会犯的错误。",
            "Required for each wrong choice: the mistake that leads to it. Good wrong choices are mistakes people really make.",
        ),
    ),
    (
        "格式 Format",
        both(
            "单元格都用“文本”格式；不要用公式、合并单元格、百分比和日期格式。",
            "Keep cells as text: no formulas, merged cells, percentages or dates.",
        ),
    ),
]

EXAMPLES: list[Question] = [
    ChoiceQuestion(
        id="example-single",
        kind="single",
        text=both("Modbus TCP 默认使用哪个端口？", "Which port does Modbus TCP use by default?"),
        choice=[
            Choice(
                text=both("80", "80"),
                why=both("80 是 HTTP 的端口", "80 is the port of HTTP"),
            ),
            Choice(text=both("502", "502"), correct=True),
            Choice(
                text=both("1883", "1883"),
                why=both("1883 是 MQTT 的端口", "1883 is the port of MQTT"),
            ),
        ],
        explanation=both("IANA 为 Modbus 登记的端口是 502。", "IANA has registered port 502 for Modbus."),
    ),
    ChoiceQuestion(
        id="example-multiple",
        kind="multiple",
        points=2.0,
        text=both("哪些功能码只读不写？", "Which function codes only read?"),
        choice=[
            Choice(text=both("03 读保持寄存器", "03 read holding registers"), correct=True),
            Choice(text=both("04 读输入寄存器", "04 read input registers"), correct=True),
            Choice(
                text=both("06 写单个寄存器", "06 write single register"),
                why=both("06 会改写一个保持寄存器", "06 changes a holding register"),
            ),
        ],
        explanation=both("01–04 是读，05、06、15、16 是写。", "01-04 read; 05, 06, 15 and 16 write."),
    ),
    ChoiceQuestion(
        id="example-true-false",
        kind="single",
        text=both("Modbus 报文自带加密。", "Modbus frames are encrypted."),
        choice=[
            Choice(text=both("正确", "True"), why=both("题中的说法是错的", "the statement is false")),
            Choice(text=both("错误", "False"), correct=True),
        ],
        explanation=both(
            "Modbus 没有加密也没有认证，要靠网络分区来保护。",
            "Modbus has neither encryption nor authentication; networks must be segmented.",
        ),
    ),
    NumericQuestion(
        id="example-numeric",
        kind="numeric",
        text=both(
            "可用率 0.9、性能 0.95、合格率 0.98 时，OEE 是多少？",
            "Availability 0.9, performance 0.95, quality 0.98: what is the OEE?",
        ),
        answer=83.8,
        tolerance=0.1,
        unit="%",
        explanation=both("0.9 × 0.95 × 0.98 = 0.8379。", "0.9 × 0.95 × 0.98 = 0.8379."),
    ),
    OrderingQuestion(
        id="example-ordering",
        kind="ordering",
        text=both("排列读取一个测点的步骤。", "Put the steps of reading a tag in order."),
        order=[
            both("建立 TCP 连接", "Open the TCP connection"),
            both("发送读请求", "Send the read request"),
            both("按字序拼接寄存器", "Join the registers by word order"),
            both("乘比例加偏移", "Apply scale and offset"),
        ],
        explanation=both("先连接后请求，先拼接后换算。", "Connect before asking, join before scaling."),
    ),
    FillQuestion(
        id="example-fill",
        kind="fill",
        text=both("生产执行系统的英文缩写是什么？", "What is the abbreviation of manufacturing execution system?"),
        accept=["MES", "M.E.S."],
        explanation=both("MES：Manufacturing Execution System。", "MES: manufacturing execution system."),
    ),
]
