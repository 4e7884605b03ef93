"""Words of a unit's page."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.units.path": Message("所在位置", "Where it stands"),
    "web.units.children": Message("下属单位", "Units below"),
    "web.units.people": Message("任职人员", "Who holds which post"),
    "web.units.people_none": Message("目前没有人在此任职", "Nobody holds a post here now"),
    "web.units.vacant": Message("空缺", "vacant"),
    "web.units.before": Message("曾在此任职（{count}）", "Held a post here before ({count})"),
    "web.units.owes": Message("应报和在办", "What it owes, and what is under way"),
    "web.units.owes_none": Message("目前没有您可以查看的报送件", "There is nothing here that you may see"),
    "web.units.owes_none_text": Message(
        "报送期开始后会列在这里。", "What is owed will be listed here when its window opens."
    ),
    "web.units.all_filings": Message("本单位及下属的全部报送件", "All filings of this unit and below"),
    "web.units.to_board": Message("进度总览", "Board"),
    "web.units.closed": Message("此单位已撤销，记录仍可查看。", "This unit is closed; its records stay readable."),
    "web.units.manage": Message("单位管理", "Administration"),
    "web.units.rename": Message("更改名称", "Change the title"),
    "web.units.title_zh": Message("中文名称", "Title in Chinese"),
    "web.units.title_en": Message("英文名称", "Title in English"),
    "web.units.kind": Message("类型", "Kind"),
    "web.units.parent": Message("上级单位", "Stands below"),
    "web.units.move": Message("调整隶属", "Move"),
    "web.units.move_help": Message(
        "连同下属单位一起移动。在此处已有的报送件仍按原来的路径审批。",
        "Everything below moves with it. What is under way keeps the path it was given.",
    ),
    "web.units.close": Message("撤销单位", "Close the unit"),
    "web.units.close_help": Message(
        "撤销后不再出现新的报送任务；{people} 人在此的任职不再产生权限。记录都保留，以后可以恢复。",
        "Nothing new is owed; the posts of {people} people here give no rights any more. "
        "Its records stay, and it can be opened again.",
    ),
    "web.units.reopen": Message("恢复单位", "Open it again"),
    "web.units.centre": Message("中心校", "Centre school"),
    "web.units.issue": Message("给本单位人员发放一次性密码", "Issue one-time passwords to its people"),
}
