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
    "web.desk.pick": Message("选择：{unit} {what}", "Choose: {unit}, {what}"),
    "web.desk.pick_all": Message("全选（{count} 件）", "Choose all ({count})"),
    "web.desk.picked": Message("已选 {count} 件", "{count} chosen"),
    "web.desk.picked_alone": Message(
        "其中 {count} 件不能批量同意，请逐件办理", "{count} of them cannot be approved together; decide on each"
    ),
    "web.desk.keys": Message(
        "在勾选框上：↑ ↓ 移动，空格选择，Shift 连选，Esc 取消",
        "On a box: ↑ ↓ move, space chooses, Shift extends, Esc clears",
    ),
    "web.desk.bulk": Message("批量办理", "Decide on several"),
    "web.desk.alone.judges": Message("需评定，逐件同意", "Needs a judgement"),
    "web.desk.alone.chooses": Message("需选下一环节，逐件同意", "Needs who is next"),
    "web.desk.alone.stages": Message("有几个环节，逐件办理", "At several stages"),
    "web.desk.text": Message("意见", "Comment"),
    "web.desk.text_help": Message(
        "退回须填写，作为原因发给报送人。", "A return needs it: the authors are sent it as the reason."
    ),
    "web.desk.approve_picked": Message("同意所选", "Approve chosen"),
    "web.desk.return_picked": Message("退回所选", "Return chosen"),
    "web.desk.approve_one": Message("同意：{unit} {what}", "Approve: {unit}, {what}"),
    "web.desk.look": Message("查看", "Look"),
    "web.desk.look_at": Message("查看：{unit} {what}", "Look at: {unit}, {what}"),
    "web.desk.glance": Message("内容摘要", "What it says"),
    "web.desk.glance_of": Message("：{unit} {what}", ": {unit}, {what}"),
    "web.desk.glance_rows": Message("共 {count} 条：{rows}", "{count} in all: {rows}"),
    "web.desk.glance_none": Message("内容较长或已删除，不在这里显示。", "Too long to be shown here, or erased."),
    "web.desk.glance_all": Message("查看全文", "Read all of it"),
    "web.desk.do_what": Message("{kind}：{unit} {what}", "{kind}: {unit}, {what}"),
    "web.desk.do.submit": Message("填写", "Fill in"),
    "web.desk.do.mend": Message("修改", "Mend"),
    "web.desk.do.decide": Message("审批", "Decide"),
    "web.desk.do.answer_recall": Message("答复撤回", "Answer"),
    "web.desk.recall_asked": Message("申请撤回", "Recall asked"),
    "web.desk.urged": Message("已催办", "Urged"),
    "web.desk.do.agree_too": Message("会签", "Agree too"),
    "web.desk.do.read": Message("查阅", "Read"),
    "web.desk.do.extend": Message("答复延期", "Answer"),
    "web.desk.do.name_decider": Message("指定审批人", "Name a decider"),
    "web.desk.do.assign": Message("安排人员", "Name inspectors"),
    "web.desk.do.score": Message("评分签字", "Score and sign"),
    "web.desk.do.answer": Message("答复", "Answer"),
    "web.desk.do.review": Message("复核", "Review"),
    "web.desk.do.commend": Message("发布表扬", "Commend"),
    "web.desk.do.visit": Message("登记下校", "Record the visit"),
    "web.desk.do.agree_plan": Message("拟定方案", "Agree a plan"),
    "web.desk.do.verify": Message("核查", "Verify"),
    "web.desk.none_picked": Message(
        "还没有选择报送件，没有办理。请先勾选，再按“同意所选”或“退回所选”。",
        "Nothing is chosen, so nothing was done. Tick what you want to decide on, then press “Approve chosen” or "
        "“Return chosen”.",
    ),
    "web.desk.no_verb": Message(
        "还没有说明如何办理，没有提交。请按“同意所选”或“退回所选”。",
        "It was not said what to do, so nothing was done. Press “Approve chosen” or “Return chosen”.",
    ),
    "web.desk.too_many": Message(
        "一次最多办理 {limit} 件，没有办理。请少选几件，分几次办理。",
        "At most {limit} can be decided at once, so nothing was done. Choose fewer, and go in turns.",
    ),
    "web.desk.reason_needed": Message(
        "退回须写明原因，没有退回。请填写原因，再按“退回所选”。",
        "A return needs its reason, so nothing was returned. Write it, then press “Return chosen”.",
    ),
    "web.desk.moved": Message(
        "{at}，{sentence}。您的“{verb}”没有提交，现在不必由您办理。",
        "{at}: {sentence}. Your “{verb}” was not carried out, and nothing is left for you to do.",
    ),
    "web.desk.moved_still": Message(
        "{at}，{sentence}。您的“{verb}”没有提交。请查看后再办理一次。",
        "{at}: {sentence}. Your “{verb}” was not carried out. Look at it, then decide again.",
    ),
    "web.desk.outcome.approve": Message("已同意 {done} 件", "{done} approved"),
    "web.desk.outcome.return": Message("已退回 {done} 件", "{done} returned"),
    "web.desk.outcome.approve_some": Message(
        "已同意 {done} 件，{failed} 件没有办理", "{done} approved, {failed} not carried out"
    ),
    "web.desk.outcome.return_some": Message(
        "已退回 {done} 件，{failed} 件没有办理", "{done} returned, {failed} not carried out"
    ),
    "web.desk.outcome.above": Message("没有办理，原因见上", "Not carried out; see above why"),
    "web.desk.outcome.kept": Message(
        "没有办理且仍等您办理的，已为您选中，写的意见也保留着。",
        "Those not carried out that still wait for you are chosen again, and what you wrote is kept.",
    ),
    "web.desk.outcome.next": Message("现在：", "Now: "),
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
    "web.desk.notices_none_text": Message(
        "有与您有关的提交、退回、提醒时会列在这里。",
        "What is handed in, returned or due for you is listed here.",
    ),
    "web.desk.notices_all": Message("查看全部通知", "All notices"),
    "web.desk.all_read": Message("全部标为已读", "Mark all as read"),
    "web.desk.new": Message("未读：", "New: "),
    "web.desk.coming": Message("接下来", "Coming up"),
    "web.desk.opens": Message("{at} 开放，", "opens {at},"),
    "web.desk.due": Message("{at} 截止", "due {at}"),
    "web.desk.calendar": Message("查看学年日程", "The school year's calendar"),
    "web.said.approved": Message("已同意。", "Approved."),
    "web.said.notices_read": Message("通知已标为已读。", "Notices are marked as read."),
}
