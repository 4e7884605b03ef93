"""Words of the desk."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.desk.group.overdue": Message("已逾期", "Overdue"),
    "web.desk.group.today": Message("今天", "Today"),
    "web.desk.group.this_week": Message("本周", "This week"),
    "web.desk.group.later": Message("以后", "Later"),
    "web.desk.group.none": Message("没有期限", "No due time"),
    "web.desk.from": Message("{name}，{at} 提交", "{name}, handed in {at}"),
    "web.desk.pick": Message("选择：{what}", "Choose: {what}"),
    "web.desk.pick_all": Message("全选可以直接同意的", "Choose all that can be approved here"),
    "web.desk.comment": Message("意见（用于所选各件）", "Comment (for all chosen)"),
    "web.desk.approve_picked": Message("同意所选各件", "Approve all chosen"),
    "web.desk.approve_one": Message("同意：{unit} {what}", "Approve: {unit}, {what}"),
    "web.desk.look": Message("查看", "Look"),
    "web.desk.look_at": Message("查看：{unit} {what}", "Look at: {unit}, {what}"),
    "web.desk.do_what": Message("{kind}：{unit} {what}", "{kind}: {unit}, {what}"),
    "web.desk.do.submit": Message("填写", "Fill in"),
    "web.desk.do.mend": Message("修改", "Mend"),
    "web.desk.do.decide": Message("审批", "Decide"),
    "web.desk.do.agree_too": Message("会签", "Agree too"),
    "web.desk.do.assign": Message("安排人员", "Name inspectors"),
    "web.desk.do.score": Message("评分签字", "Score and sign"),
    "web.desk.do.answer": Message("答复", "Answer"),
    "web.desk.do.review": Message("复核", "Review"),
    "web.desk.do.commend": Message("发布表扬", "Commend"),
    "web.desk.do.visit": Message("登记下校", "Record the visit"),
    "web.desk.do.agree_plan": Message("拟定方案", "Agree a plan"),
    "web.desk.do.verify": Message("核查", "Verify"),
    "web.desk.some_failed": Message(
        "已同意 {done} 件，{failed} 件没有办理", "{done} approved, {failed} not carried out"
    ),
    "web.desk.comment_kept": Message("您写的意见为您保留：{comment}", "Your comment is kept for you: {comment}"),
    "web.said.none_picked": Message(
        "还没有选择报送件。请先勾选要同意的各件，再按“同意所选各件”。",
        "Nothing is chosen yet. Tick what you want to approve, then press “Approve all chosen”.",
    ),
    "web.desk.empty": Message("现在没有等您办理的事项", "Nothing waits for you now"),
    "web.desk.empty_next": Message(
        "下一项：{title}，{opens} 开放，{due} 截止。", "Next: {title}, opens {opens}, due {due}."
    ),
    "web.desk.empty_nothing": Message(
        "有新的事项时会出现在这里，并在通知中告诉您。", "What comes will appear here, and in your notices."
    ),
    "web.desk.more": Message(
        "只显示最紧急的 {shown} 件，办理后会显示其余各件。", "The {shown} most urgent are shown; more follow as you go."
    ),
    "web.desk.filed": Message("我报送的", "What I filed"),
    "web.desk.filed_all": Message("查看我报送的全部", "All that I filed"),
    "web.desk.filed_none": Message("您还没有要报送的事项", "You have nothing to file yet"),
    "web.desk.filed_none_text": Message(
        "报送期开放后，您应报送的计划和报告会列在这里。", "Plans and reports you owe are listed here once they open."
    ),
    "web.desk.note_due": Message("{left}", "{left}"),
    "web.desk.note_at": Message("现在：{stage}", "Now: {stage}"),
    "web.desk.notices": Message("通知", "Notices"),
    "web.desk.notices_none": Message("没有通知。", "No notices."),
    "web.desk.all_read": Message("全部标为已读", "Mark all as read"),
    "web.desk.new": Message("未读：", "New: "),
    "web.desk.coming": Message("接下来", "Coming up"),
    "web.desk.opens_due": Message("{opens} 开放，{due} 截止", "opens {opens}, due {due}"),
    "web.desk.calendar": Message("查看学年日程", "The school year's calendar"),
    "web.said.approved": Message("已同意。", "Approved."),
    "web.said.notices_read": Message("通知已标为已读。", "Notices are marked as read."),
}
