"""Words of follow-ups: commendation, assistance visit, rectification."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.follow_up.kind.commendation": Message("通报表扬", "Commendation"),
    "web.follow_up.kind.assistance": Message("下校调研帮扶", "Assistance visit"),
    "web.follow_up.kind.rectification": Message("限期整改", "Rectification"),
    "web.follow_up.cause": Message("缘由", "Why"),
    "web.follow_up.cause_inspection": Message(
        "{title}（{span}）结果为“{outcome}”", "{title} ({span}) came out as “{outcome}”"
    ),
    "web.follow_up.cause_filing": Message(
        "{title}（{span}）评定为“{outcome}”", "{title} ({span}) was judged “{outcome}”"
    ),
    "web.follow_up.leader": Message("牵头", "Led by"),
    "web.follow_up.answerer": Message("配合", "Answered by"),
    "web.follow_up.findings": Message("下校情况", "What the visit found"),
    "web.follow_up.commendation": Message("表扬内容", "Commendation"),
    "web.follow_up.plan": Message("改进方案", "Plan"),
    "web.follow_up.note": Message("核查说明", "Verification"),
    "web.follow_up.sent_back": Message("方案被退回，原因：", "The plan was sent back. Reason:"),
    "web.follow_up.act": Message("办理", "To do"),
    "web.follow_up.until": Message("请在 {at} 前办理（{left}）。", "To be done by {at} ({left})."),
    # -- the forms
    "web.follow_up.commend_text": Message("表扬内容", "Text of the commendation"),
    "web.follow_up.commend_help": Message(
        "写明好在哪里，发布后通知单位，不能再改。",
        "Say what was done well. It is sent to the unit and cannot be changed afterwards.",
    ),
    "web.follow_up.commend_go": Message("发布表扬", "Publish"),
    "web.follow_up.visit_findings": Message("下校情况", "What you found"),
    "web.follow_up.visit_help": Message(
        "写明到校时间、参加人员、看到的问题和商定的方向。登记后由单位拟定改进方案。",
        "When, with whom, what you saw, what was agreed. The unit then draws up a plan.",
    ),
    "web.follow_up.visit_go": Message("登记下校", "Record the visit"),
    "web.follow_up.plan_text": Message("改进方案", "Plan"),
    "web.follow_up.plan_help": Message(
        "写明做什么、谁负责、何时完成。确定后由牵头人核查落实情况。",
        "What is done, by whom, by when. Whoever leads this verifies it afterwards.",
    ),
    "web.follow_up.plan_go": Message("确定方案", "Agree the plan"),
    "web.follow_up.verify_help": Message(
        "确认方案已经落实，跟进办结。", "Confirm that the plan was carried out. The follow-up ends."
    ),
    "web.follow_up.verify_note": Message("核查说明", "Note"),
    "web.follow_up.verify_go": Message("核查通过", "Verify"),
    "web.follow_up.send_back": Message("退回方案", "Send the plan back"),
    "web.follow_up.send_back_help": Message(
        "由单位在规定时间内重新拟定。原方案保留在办理经过中。",
        "The unit draws it up again. The present plan stays in the history.",
    ),
    "web.follow_up.send_back_reason": Message("退回的原因", "Why"),
    "web.follow_up.send_back_go": Message("退回方案", "Send it back"),
    "web.follow_up.cancel": Message("取消跟进", "Cancel the follow-up"),
    "web.follow_up.cancel_help": Message(
        "取消后不再办理，不能撤回，原因留痕。", "It ends here and cannot be taken up again. The reason stays on record."
    ),
    "web.follow_up.cancel_reason": Message("取消的原因", "Why it is cancelled"),
    "web.said.follow_up.commend": Message("表扬已发布，并已通知单位。", "The commendation is published."),
    "web.said.follow_up.visit": Message(
        "已登记下校情况，由单位拟定改进方案。", "The visit is recorded; the unit draws up its plan."
    ),
    "web.said.follow_up.agree_plan": Message(
        "方案已确定，由牵头人核查落实。", "The plan is agreed; whoever leads this verifies it."
    ),
    "web.said.follow_up.verify": Message("已核查通过，跟进办结。", "Verified. The follow-up is done."),
    "web.said.follow_up.send_back": Message("方案已退回，由单位重新拟定。", "The plan is sent back."),
    "web.said.follow_up.cancel": Message("跟进已取消。", "The follow-up is cancelled."),
}
