"""Words of the page on which a year goes over to other rules."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.rule_change.title": Message("年中更换方案", "Changing the rules in mid-year"),
    "web.rule_change.intro": Message(
        "先试算，再办理。试算不作任何改动；办理后，每件的经过里都记下改前、改后和原因，已办结的不受影响。",
        "See what it would mean first; that changes nothing. When it is carried out, each history keeps what was, what "
        "is and why. What has ended is not touched.",
    ),
    "web.rule_change.to": Message("改按哪个版本", "Go over to"),
    "web.rule_change.see": Message("试算", "See what it would mean"),
    "web.rule_change.difference": Message("查看规则有哪些不同", "See what the rules differ in"),
    "web.rule_change.means": Message("会有什么变化", "What it would mean"),
    "web.rule_change.nothing": Message("在办的报送件都不会有变化", "No filing under way would change"),
    "web.rule_change.nothing_text": Message(
        "如以后开启的报送期要按此方案，请在下面勾选后办理。",
        "If the windows to come are to go by these rules, tick the box below and carry it out.",
    ),
    "web.rule_change.filings": Message("会有变化的报送件", "Filings that would change"),
    "web.rule_change.choice_of": Message("{title}（{where}）怎么办", "What becomes of {title} ({where})"),
    "web.rule_change.decide": Message("怎么办", "What is to become of them"),
    "web.rule_change.for_all": Message("没有单独选择的", "Those with no choice of their own"),
    "web.rule_change.for_all.stay": Message("仍按原方案办完", "Stay on their rules"),
    "web.rule_change.for_all.move": Message("改按新方案，停在原处", "Go over, keeping their place"),
    "web.rule_change.for_all.back": Message("改按新方案，退回报送人", "Go over, back to their authors"),
    "web.rule_change.everywhere": Message(
        "其他页上的也照此办理（没有单独选择的）", "Also those on other pages, which have no choice of their own"
    ),
    "web.rule_change.windows": Message("以后开启的报送期也按此方案", "The windows to come open by these rules, too"),
    "web.rule_change.reason": Message("原因", "Reason"),
    "web.rule_change.reason_help": Message(
        "记入每件的经过，报送人和审批人都能看到。", "It goes into each history, for authors and deciders to read."
    ),
    "web.rule_change.reason_needed": Message("请填写原因。", "Give the reason."),
    "web.rule_change.preview": Message("下一步：核对", "Next: check it"),
    "web.rule_change.check": Message("请核对", "Please check"),
    "web.rule_change.check_text": Message(
        "还没有办理。核对无误后，请按“办理”。", "Nothing has been done yet. If this is right, carry it out."
    ),
    "web.rule_change.carry_out": Message("办理", "Carry out"),
    "web.rule_change.will.stay": Message("仍按原方案：{count} 件", "Stay on their rules: {count}"),
    "web.rule_change.will.move": Message("改按新方案，停在原处：{count} 件", "Go over, keeping their place: {count}"),
    "web.rule_change.will.back": Message("改按新方案并退回：{count} 件", "Go over and back: {count}"),
    "web.rule_change.will.windows": Message("以后开启的报送期按新方案", "The windows to come open by the new rules"),
    "web.rule_change.will.everywhere": Message("其他页上的也照此办理", "Those on other pages are treated alike"),
    "web.rule_change.done": Message("已改按新方案 {count} 件", "Moved: {count}"),
    "web.rule_change.failed": Message("未办成 {count} 件", "Not moved: {count}"),
    "web.rule_change.next": Message("下一页", "Next page"),
    "web.rule_change.first": Message("回到第一页", "Back to the first page"),
    "web.rule_change.link": Message("{year}改按此版本：试算", "{year}: what going over to this version would mean"),
}
