"""Words of a filing's pages: the filing itself, its form, its preview."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    # -- the head
    "web.filing.crumb": Message("报送件", "Filings"),
    "web.filing.owed_by": Message("由{post}报送", "To be filed by the {post}"),
    "web.filing.due_at": Message("{at} 截止", "due {at}"),
    "web.filing.in_force": Message("第 {number} 稿在用", "revision {number} is in force"),
    "web.filing.follow_up": Message("后续", "What followed:"),
    "web.filing.judged": Message("评定为“{judgement}”", "judged “{judgement}”"),
    "web.filing.audit": Message("留痕", "Audit trail"),
    "web.filing.to_act": Message("去办理：{what}", "Decide: {what}"),
    # -- the path
    "web.path.title": Message("办理进度", "Where it stands"),
    "web.path.done": Message("已完成", "Done"),
    "web.path.now": Message("现在", "Now"),
    "web.path.next": Message("接下来", "Next"),
    "web.path.left_out": Message("不再经过", "Not reached"),
    "web.path.over": Message("未经过", "Passed over"),
    "web.path.beside": Message("{count} 路同时办理", "{count} ways side by side"),
    "web.path.vacant": Message("待指定审批人", "Nobody named yet"),
    "web.path.missing": Message("还差：{names}", "Still to agree: {names}"),
    "web.path.to_vote": Message("未投票：{names}", "Still to vote: {names}"),
    "web.path.turn": Message("轮到：{names}", "Now: {names}"),
    "web.path.later": Message("其后：{names}", "Then: {names}"),
    "web.path.staff_no": Message("工号 {number}", "staff number {number}"),
    "web.path.tally": Message(
        "{voters} 人投票，{needed} 票通过；已有 {given} 票同意、{against} 票反对",
        "{voters} vote, {needed} carry it; {given} in favour, {against} against so far",
    ),
    "web.path.until": Message("{at} 前", "by {at}"),
    "web.path.together": Message("全体同意", "all must agree"),
    "web.path.escalates": Message("{at} 后{unit}{role}也可以办理", "From {at} the {role}, {unit}, may decide as well"),
    "web.path.escalated": Message("已超时，{unit}{role}也可以办理", "Late: the {role}, {unit}, may decide as well"),
    "web.path.resumes": Message("修改后直接回到这里", "comes straight back here"),
    "web.path.earlier": Message("此前：{words}，{name}，{at}", "Before: {words}, {name}, {at}"),
    "web.path.lapsed": Message("已失效", "Lapsed"),
    "web.path.judgement": Message("评定：{judgement}", "Judged: {judgement}"),
    # -- what may be done
    "web.filing.act": Message("我可以办理", "What you can do"),
    "web.filing.act_none": Message("现在没有需要您办理的。", "Nothing here waits for you."),
    "web.filing.next": Message("下一件待办：{title}（{unit}）", "Next on your desk: {title} ({unit})"),
    "web.filing.fill_in": Message("填写", "Fill in"),
    "web.filing.mend": Message("修改", "Revise"),
    "web.filing.go_on": Message("继续填写", "Go on writing"),
    "web.filing.act_besides": Message("其他", "Besides"),
    "web.filing.more": Message("更多办理", "More"),
    "web.filing.comment_label": Message("意见", "Comment"),
    "web.filing.note_label": Message("说明", "Note"),
    "web.filing.reason.return": Message("退回原因", "Why you return it"),
    "web.filing.reason.reject": Message("不同意的原因", "Why you reject it"),
    "web.filing.reason.object": Message("反对的理由", "Why you vote against it"),
    "web.filing.reason.transfer": Message("转交说明", "Why you transfer it"),
    "web.filing.reason.add_signer": Message("加签说明", "Why you ask them"),
    "web.filing.reason.assign": Message("指定说明", "Why they decide"),
    "web.filing.reason.recall": Message("撤回原因", "Why you recall it"),
    "web.filing.reason.refuse_recall": Message("不同意撤回的原因", "Why it stays in review"),
    "web.filing.reason.waive": Message("免报原因", "Why it is not owed"),
    "web.filing.reason.amend": Message("变更原因", "Why you amend it"),
    "web.filing.reason.void": Message("作废原因", "Why it holds no longer"),
    "web.filing.reason.ask_extension": Message("延期原因", "Why you need more time"),
    "web.filing.reason.refuse_extension": Message("不同意延期的原因", "Why the due time stays"),
    "web.filing.judgement_label": Message("评定", "Judgement"),
    "web.filing.to_label": Message("退回给", "Return to"),
    "web.filing.to_author": Message("报送人（{who}）", "The author ({who})"),
    "web.filing.to_stage": Message("“{stage}”环节", "The stage “{stage}”"),
    "web.filing.then_label": Message("修改之后", "Afterwards"),
    "web.filing.then.straight": Message("直接回到本环节", "It comes straight back to this stage"),
    "web.filing.then.again": Message("各环节重新办理", "It passes every stage again"),
    "web.filing.where_label": Message("对方什么时候办理", "When they decide"),
    "web.filing.where.before": Message(
        "在我之前：对方同意后再回到我这里", "Before me: once they agree it is mine again"
    ),
    "web.filing.where.after": Message(
        "在我之后：本环节办结后到对方", "After me: it goes to them when this stage is through"
    ),
    "web.filing.where.beside": Message("与我同时：双方都同意才转出", "Beside me: it goes on when both have agreed"),
    "web.filing.stage_label": Message("环节", "Stage"),
    "web.filing.until_label": Message("延期到哪一天", "Until which day"),
    "web.filing.opens": Message("{title}（随后进行“{opens}”）", "{title} (followed by “{opens}”)"),
    "web.filing.choose_label": Message("选定“{stage}”环节的审批人", "Who decides at the stage “{stage}”"),
    "web.filing.choose_nobody": Message(
        "这一环节的岗位现在没有人，可以直接提交，到时由主管部门指定。",
        "Nobody holds the posts of this stage now. Go on; the office will name somebody.",
    ),
    "web.filing.stage_named": Message("“{stage}”环节", "the stage “{stage}”"),
    "web.filing.chosen_by.you": Message("您选定的人", "whom you choose"),
    "web.filing.chosen_by.author": Message("报送人选定的人", "whom its author chooses"),
    "web.filing.chosen_by.previous": Message("上一环节选定的人", "whom the stage before chooses"),
    # -- naming people
    "web.filing.people.transfer": Message("转交给", "Transfer to"),
    "web.filing.people.add_signer": Message("请谁加签", "Whom you ask"),
    "web.filing.people.assign": Message("指定谁审批", "Who is to decide"),
    "web.filing.people.copy": Message("抄送给", "Send copies to"),
    "web.filing.people.comment": Message("提到谁", "Mention"),
    "web.filing.person_help": Message("填写姓名或工号。", "A name or a staff number."),
    "web.filing.people_help": Message(
        "填写姓名或工号，多人用顿号隔开。", "Names or staff numbers, with commas between them."
    ),
    "web.filing.which": Message("“{word}”是哪一位", "Which “{word}” do you mean"),
    "web.filing.which_person": Message("请选定是哪一位：{names}。", "Choose who is meant: {names}."),
    "web.filing.nobody_called": Message(
        "没有找到在任人员“{names}”，请核对姓名或工号。",
        "Nobody in office is called “{names}”. Check the name or the staff number.",
    ),
    "web.filing.one_person": Message("只能转交给一个人，请留下一位。", "It goes to one person. Leave one name."),
    "web.filing.more_people": Message(
        "还有更多同名人员，没有列出的请改填工号。", "There are more; type the staff number of one who is not listed."
    ),
    # -- the buttons
    "web.filing.do.approve.agreed": Message("同意", "Approve"),
    "web.filing.do.approve.received": Message("签收", "Receive"),
    "web.filing.do.approve.read": Message("已阅", "Mark as read"),
    "web.filing.do.return": Message("退回", "Return"),
    "web.filing.do.reject": Message("不同意", "Reject"),
    "web.filing.do.object": Message("投反对票", "Vote against"),
    "web.filing.do.transfer": Message("转交", "Transfer"),
    "web.filing.do.add_signer": Message("加签", "Add signers"),
    "web.filing.do.assign": Message("指定审批人", "Name who decides"),
    "web.filing.do.copy": Message("抄送", "Send copies"),
    "web.filing.do.mark_read": Message("已阅", "I have read it"),
    "web.filing.do.urge": Message("催办", "Urge"),
    "web.filing.do.recall": Message("撤回", "Recall"),
    "web.filing.do.recall.ask": Message("申请撤回", "Ask to recall"),
    "web.filing.do.agree_recall": Message("同意撤回", "Agree to the recall"),
    "web.filing.do.refuse_recall": Message("不同意撤回", "Refuse the recall"),
    "web.filing.do.ask_extension": Message("申请延期", "Ask for more time"),
    "web.filing.do.grant_extension": Message("同意延期", "Grant the time"),
    "web.filing.do.refuse_extension": Message("不同意延期", "Refuse the time"),
    "web.filing.do.waive": Message("准予免报", "Waive"),
    "web.filing.do.void": Message("作废", "Void"),
    "web.filing.do.amend": Message("开始变更", "Begin an amendment"),
    "web.filing.do.abandon_amendment": Message("放弃变更", "Abandon the amendment"),
    "web.filing.do.comment": Message("发表意见", "Comment"),
    # -- what will happen
    "web.filing.stage_for": Message("“{stage}”环节，由{post}办理", "the stage “{stage}”, for {post}"),
    "web.filing.help.approve": Message("同意后转到{next}。", "It then goes to {next}."),
    "web.filing.help.approve_last": Message(
        "这是最后一个环节，同意后即日生效。", "This is the last stage: with your approval it is in force."
    ),
    "web.filing.help.approve_joins": Message(
        "同意后本环节办结；{stages}也办结后再往下走。",
        "This stage is then through; it goes on once these are too: {stages}.",
    ),
    "web.filing.help.approve_all": Message(
        "本环节须全体同意。您同意后，还须{who}同意才转出。",
        "Everybody at this stage must agree: after you, {who} must agree too.",
    ),
    "web.filing.help.approve_in_order": Message(
        "本环节依次办理，您同意后轮到{who}。", "This stage is decided in order: after you it is the turn of {who}."
    ),
    "web.filing.help.approve_votes": Message(
        "您投票后，票数够了才转出。", "After your vote it goes on once there are enough."
    ),
    "web.filing.help.votes": Message(
        "本环节票签：{voters} 人投票，{needed} 票同意通过。现在 {given} 票同意，{against} 票反对。",
        "This stage counts votes: {voters} vote and {needed} carry it. So far {given} in favour, {against} against.",
    ),
    "web.filing.help.veto": Message("您有一票否决权。", "Your vote against is a veto."),
    "web.filing.help.object_reject": Message(
        "同意票不可能够数时，本件办结为“不同意”。理由会告诉报送人。",
        "Once there can no longer be enough votes, the filing is rejected. Its author is told your reason.",
    ),
    "web.filing.help.object_return": Message(
        "同意票不可能够数时，本件退回报送人。理由会告诉报送人。",
        "Once there can no longer be enough votes, it goes back to its author, who is told your reason.",
    ),
    "web.filing.help.return": Message(
        "退回报送人时，对方有 {days} 个工作日修改。原因会原样告诉对方。",
        "An author has {days} workdays to mend it. The reason is told as you write it.",
    ),
    "web.filing.help.reject": Message(
        "不同意即办结，报送人不能再修改提交。如果修改后可以通过，请用“退回”。",
        "This ends it: its author cannot mend and submit it again. If it can be mended, return it.",
    ),
    "web.filing.help.reject_amendment": Message(
        "不同意变更，原来通过的第 {number} 稿继续有效。", "The amendment ends; revision {number} stays in force."
    ),
    "web.filing.help.transfer": Message(
        "转交后由对方在本环节办理，您不再参与；对方会收到通知。",
        "They then decide at this stage in your place, and are told.",
    ),
    "web.filing.help.add_signer": Message(
        "加签的人都要同意，才继续往下走。他们会收到通知。",
        "All of them must agree before it goes on. They are told.",
    ),
    "web.filing.help.assign": Message(
        "由您指定的人审批，代替这一环节原来的审批人。对方会收到通知。",
        "Those you name decide, in place of everybody this stage has now. They are told.",
    ),
    "web.filing.help.assign_vacant": Message(
        "{stages}没有人可以审批，请指定一位。对方会收到通知。",
        "Nobody can decide at {stages}. Name somebody; they are told.",
    ),
    "web.filing.help.copy": Message(
        "对方可以查看此件，会收到通知；不参加审批。办理不受影响。",
        "They may read it and are told; they do not decide. Nothing moves.",
    ),
    "web.filing.help.mark_read": Message(
        "这件抄送给您阅知。标记后，抄送人能看到您已阅。",
        "A copy was sent to you. Whoever sent it will see that you have read it.",
    ),
    "web.filing.help.urge": Message(
        "提醒{who}办理。{hours} 小时内只能催办一次。", "This reminds {who}. Once in {hours} hours."
    ),
    "web.filing.help.urge_nobody": Message(
        "现在的环节还没有审批人，已请主管部门指定。",
        "Nobody decides here yet; the office has been asked to name somebody.",
    ),
    "web.filing.help.urged": Message("{at} 已催办，{again} 以后可以再催。", "Urged {at}; again after {again}."),
    "web.filing.help.recall": Message(
        "撤回后可以修改，再提交时从第一个环节开始。本环节会收到通知。",
        "You can then mend it; submitted again, it passes every stage from the first. The deciders are told.",
    ),
    "web.filing.help.recall_asks": Message(
        "已经有人办理，撤回要经现在的审批人同意。答复之前继续审批。",
        "Somebody has decided already, so whoever decides now must agree. Until then it stays in review.",
    ),
    "web.filing.help.agree_recall": Message(
        "同意后退给报送人修改，已有的同意不再有效。", "Its author has it back; agreements given so far are dropped."
    ),
    "web.filing.help.refuse_recall": Message(
        "不同意则继续审批，原因会告诉报送人。", "It stays in review. Its author is told why."
    ),
    "web.filing.help.ask_extension": Message(
        "由主管部门答复。答复之前，截止时间仍是 {due}。", "The office answers. Until then it is due {due}."
    ),
    "web.filing.help.grant_extension": Message(
        "同意后截止时间从 {due} 改为 {until}，报送人会收到通知。",
        "It is then due {until} instead of {due}. Its author is told.",
    ),
    "web.filing.help.refuse_extension": Message(
        "截止时间不变，原因会告诉报送人。", "The due time stays. Its author is told why."
    ),
    "web.filing.help.waive": Message(
        "免报后不再需要报送，已写的内容不再审批，且不能恢复。报送人会收到通知，原因留在记录中。",
        "It is then not owed, what was written is not decided on, and this cannot be undone. "
        "Its author is told, and the reason is kept.",
    ),
    "web.filing.help.void": Message(
        "作废后第 {number} 稿不再有效，且不能恢复；各环节的记录仍然保留。报送人会收到通知。",
        "Revision {number} holds no longer, and this cannot be undone; the record stays. Its author is told.",
    ),
    "web.filing.help.amend": Message(
        "变更期间第 {number} 稿继续有效；新的一稿须重新经过全部环节。",
        "Revision {number} stays in force meanwhile; the new one passes every stage.",
    ),
    "web.filing.help.abandon_amendment": Message(
        "放弃后第 {number} 稿继续有效，变更中写的内容不再使用。",
        "Revision {number} stays in force; what was written for the amendment is not used.",
    ),
    "web.filing.help.comment": Message(
        "意见会告诉报送人、现在的审批人和提到的人，不改变办理进度。",
        "The author, whoever decides now and those mentioned are told. Nothing moves.",
    ),
    # -- what is asked, and who has a copy
    "web.filing.recall_asked": Message("{name}申请撤回（{at}）", "{name} asks to recall it ({at})"),
    "web.filing.extension_asked": Message(
        "{name}申请延期到 {until}（{at}）", "{name} asks for more time, until {until} ({at})"
    ),
    "web.filing.vacant": Message(
        "{stages}没有人可以审批，已请主管部门指定。",
        "Nobody can decide at {stages}; the office has been asked to name somebody.",
    ),
    "web.filing.voided_by": Message("{name}作废，原因：", "{name} voided it. Reason:"),
    "web.filing.copies": Message("抄送", "Copies"),
    "web.filing.copies_read": Message("{read}/{all} 已阅", "{read} of {all} read"),
    "web.filing.copy_read": Message("{at} 已阅", "read {at}"),
    "web.filing.copy_unread": Message("未阅", "not read yet"),
    "web.filing.mentioned": Message("提到{names}", "mentions {names}"),
    # -- the content
    "web.filing.content": Message("内容", "Content"),
    "web.filing.content_of": Message("第 {number} 稿", "Revision {number}"),
    "web.filing.content_none": Message("还没有提交", "Not handed in yet"),
    "web.filing.content_none_text": Message("提交后，内容会显示在这里。", "What is handed in will be shown here."),
    "web.filing.content_never": Message("没有提交过内容。", "Nothing was handed in."),
    "web.filing.erased": Message(
        "这一稿的内容已按规定清除，提交和审批的记录仍然完整。",
        "The content of this revision was erased by the rules; the record of its way is whole.",
    ),
    "web.filing.empty_field": Message("没有填写", "Not filled in"),
    # -- revisions
    "web.filing.revisions": Message("各稿", "Revisions"),
    "web.filing.revision": Message("第 {number} 稿", "Revision {number}"),
    "web.filing.revision_line": Message("第 {number} 稿，{name}，{at}", "Revision {number}, {name}, {at}"),
    "web.filing.shown": Message("正在查看", "shown above"),
    "web.filing.read": Message("查看", "Read"),
    "web.filing.older": Message("从", "From"),
    "web.filing.newer": Message("到", "to"),
    "web.filing.compare": Message("对照", "Compare"),
    "web.filing.compare_with": Message(
        "与第 {number} 稿对照，看看改了什么", "See what changed since revision {number}"
    ),
    "web.filing.compared": Message("第 {older} 稿与第 {newer} 稿对照", "Revisions {older} and {newer} compared"),
    "web.filing.same": Message("两稿内容相同。", "The two are the same."),
    "web.filing.unchanged": Message("未改：{fields}", "Unchanged: {fields}"),
    "web.filing.back_to_content": Message("只看内容", "Back to the content"),
    "web.filing.mark.added": Message("新增", "Added"),
    "web.filing.mark.removed": Message("删去", "Removed"),
    "web.filing.mark.changed": Message("修改", "Changed"),
    "web.filing.mark.unchanged": Message("未改", "Unchanged"),
    "web.filing.returned_between": Message(
        "{name}在“{stage}”环节退回，{at}，原因：", "{name} returned it from the stage “{stage}”, {at}. Reason:"
    ),
    # -- comments and history
    "web.filing.comments": Message("意见", "Comments"),
    "web.filing.history": Message("经过", "What happened"),
    "web.filing.history_earlier": Message("更早的 {count} 条", "{count} earlier"),
    "web.filing.history_audit": Message("查看留痕，回放每一步", "Open the audit trail and replay each step"),
    # -- what came in between
    "web.filing.meanwhile": Message(
        "在您查看期间，此报送件有了新的变化：{what}。您填写的内容没有提交，已为您保留。",
        "While you were looking, this happened: {what}. What you typed was not carried out and is kept for you.",
    ),
    "web.filing.meanwhile_one": Message("{sentence}（{at}）", "{sentence} ({at})"),
    "web.filing.lost_form": Message(
        "现在不能再办理“{command}”。您写的文字在这里，可以复制：",
        "“{command}” is no longer possible. What you wrote is here to copy:",
    ),
    "web.said.filing.approve": Message("已同意，印章盖在下面。", "Approved; your seal is below."),
    "web.said.filing.return": Message("已退回，原因已通知对方。", "Returned; the reason has been told."),
    "web.said.filing.reject": Message("已作出“不同意”的结论，并通知报送人。", "Rejected; its author has been told."),
    "web.said.filing.recall": Message("已撤回。修改后请重新提交。", "Recalled. Mend it and submit it again."),
    "web.said.filing.recall_asked": Message(
        "已申请撤回，等审批人答复。", "You asked to recall it; the deciders will answer."
    ),
    "web.said.filing.agree_recall": Message("已同意撤回，报送人可以修改了。", "Agreed; its author has it back."),
    "web.said.filing.refuse_recall": Message(
        "未同意撤回，继续审批，并通知报送人。", "Refused; it stays in review, and its author has been told."
    ),
    "web.said.filing.object": Message("反对票已记下。", "Your vote against is counted."),
    "web.said.filing.transfer": Message("已转交，并通知对方。", "Transferred; they have been told."),
    "web.said.filing.add_signer": Message("已加签，并通知对方。", "They have been asked to sign."),
    "web.said.filing.assign": Message("已指定审批人，并通知对方。", "They decide now, and have been told."),
    "web.said.filing.copy": Message("已抄送，并通知对方。", "The copies are sent."),
    "web.said.filing.mark_read": Message("已标记为已阅。", "Marked as read."),
    "web.said.filing.urge": Message("已催办，提醒已发给审批人。", "The deciders have been reminded."),
    "web.said.filing.ask_extension": Message(
        "已申请延期，等主管部门答复。", "You asked for more time; the office will answer."
    ),
    "web.said.filing.grant_extension": Message(
        "已同意延期，并通知报送人。", "The time is granted; its author has been told."
    ),
    "web.said.filing.refuse_extension": Message(
        "未同意延期，截止时间不变，并通知报送人。", "Refused; the due time stays, and its author has been told."
    ),
    "web.said.filing.void": Message("已作废，并通知报送人。", "Voided; its author has been told."),
    "web.said.filing.waive": Message("已准予免报，并通知报送人。", "Waived; its author has been told."),
    "web.said.filing.amend": Message("已开始变更，原来的一稿继续有效。", "The amendment has begun."),
    "web.said.filing.abandon_amendment": Message("已放弃变更，原来的一稿继续有效。", "The amendment is abandoned."),
    "web.said.filing.comment": Message("意见已发表，并通知有关人员。", "Your comment is there, and they were told."),
    "web.said.filing.submit": Message(
        "已提交，接下来由审批人办理，进度见下方。", "Submitted. It is now with its deciders, as shown below."
    ),
    "web.said.filing.begin_draft": Message("已开始起草。", "The draft has begun."),
    "web.said.filing.saved": Message("草稿已保存。", "The draft is saved."),
    "web.said.filing.not_editable": Message(
        "此报送件现在不能修改，下面是它的最新情况。", "This cannot be changed now. Here is how it stands."
    ),
    # -- the form
    "web.filing.edit_title": Message("填写：{title}", "{title}: fill in"),
    "web.filing.mend_title": Message("修改：{title}", "{title}: revise"),
    "web.filing.contents": Message("目录", "Contents"),
    "web.filing.limits": Message(
        "一行最多 {line} 字，长文最多 {prose} 字，清单和表格最多 {rows} 行。",
        "A line takes at most {line} characters, a long text {prose}, a list or table {rows} rows.",
    ),
    "web.filing.returned_by": Message("{name}退回，原因：", "{name} returned it. Reason:"),
    "web.filing.returned_then": Message(
        "请在 {at} 前修改（{left}）。提交后到{next}。",
        "Mend it by {at} ({left}). It then goes to {next}.",
    ),
    "web.filing.amending_why": Message("变更原因：", "Reason for the amendment:"),
    "web.filing.amending_then": Message(
        "通过之前，第 {number} 稿继续有效。", "Revision {number} stays in force until the new one is approved."
    ),
    "web.filing.draft_at": Message("草稿由{name}保存，{at}", "Draft saved by {name}, {at}"),
    "web.filing.draft_mine": Message("草稿已保存，{at}", "Draft saved, {at}"),
    "web.filing.draft_from": Message(
        "下面是第 {number} 稿的内容，在此基础上修改。", "This is revision {number}, to go on from."
    ),
    "web.filing.draft_none": Message("还没有草稿，写下的内容会自动保存。", "No draft yet; what you write is saved."),
    "web.filing.save": Message("保存草稿", "Save draft"),
    "web.filing.preview": Message("预览", "Preview"),
    "web.filing.submit": Message("提交", "Submit"),
    "web.filing.submit_to": Message("提交后到{next}。", "It then goes to {next}."),
    "web.filing.submit_through": Message(
        "没有环节需要审批，提交后即生效。", "No stage has to decide: it is in force once submitted."
    ),
    "web.filing.choose_legend": Message("选定审批人", "Who decides"),
    "web.filing.late": Message(
        "已过截止时间（{at}，{left}），提交后记为逾期。{lapses} 后失效，不能再提交。",
        "The due time has passed ({at}, {left}); it will be marked late. After {lapses} it lapses.",
    ),
    "web.filing.choose": Message("请选择", "Choose"),
    "web.filing.add_item": Message("加一条", "Add an item"),
    "web.filing.add_row": Message("加一行", "Add a row"),
    "web.filing.cell": Message("{title}第 {number} 行“{column}”", "{title}, row {number}, {column}"),
    "web.filing.row": Message("第 {number} 行", "Row {number}"),
    "web.filing.item": Message("{title} 第 {number} 条", "{title}, item {number}"),
    "web.filing.remove": Message("删除", "Remove"),
    "web.filing.up": Message("上移", "Move up"),
    "web.filing.down": Message("下移", "Move down"),
    "web.filing.remove_nth": Message("删除{title}第 {number} 行", "Remove row {number} of {title}"),
    "web.filing.up_nth": Message("上移{title}第 {number} 行", "Move row {number} of {title} up"),
    "web.filing.down_nth": Message("下移{title}第 {number} 行", "Move row {number} of {title} down"),
    "web.filing.full": Message("已到最多的 {limit} 行。", "It holds {limit} rows, the most it takes."),
    "web.filing.removed_row": Message("已删除一行。", "A row was removed."),
    "web.filing.undo": Message("恢复", "Put it back"),
    "web.filing.count": Message("{length} / {limit} 字", "{length} of {limit} characters"),
    "web.filing.over": Message(
        "{length} 字，超出 {over} 字，最多 {limit} 字", "{length} characters, {over} over the limit of {limit}"
    ),
    # -- the preview
    "web.filing.preview_title": Message("预览：{title}", "Preview: {title}"),
    "web.filing.preview_lead": Message(
        "审批人看到的是这样。还没有提交。", "This is what the deciders will see. It is not handed in yet."
    ),
    "web.filing.preview_missing": Message("提交之前，还有 {count} 处要改", "Mend {count} before submitting"),
    "web.filing.preview_moved": Message(
        "草稿在您预览之后又保存过，还没有提交。下面是现在的内容，请看过再提交。",
        "The draft was saved again after your preview, so nothing was submitted. This is how it reads now.",
    ),
    "web.filing.go_back": Message("返回修改", "Back to the form"),
    # -- two drafts
    "web.filing.conflict_title": Message("草稿在别处也改过", "The draft was changed elsewhere too"),
    "web.filing.conflict_lead": Message(
        "{name}在 {at} 保存过这份草稿。您的文字没有覆盖它，也没有丢失。请对照后选择以哪一份为准。",
        "{name} saved this draft at {at}. Your text has not replaced it and is not lost. Compare, then choose.",
    ),
    "web.filing.conflict_self": Message(
        "您在另一个页面或设备上于 {at} 保存过这份草稿。这里的文字没有覆盖它，也没有丢失。请对照后选择以哪一份为准。",
        "You saved this draft at {at} in another window or on another device. What you typed here has not replaced it "
        "and is not lost. Compare, then choose.",
    ),
    "web.filing.conflict_gone": Message(
        "您开始填写后，这份草稿已经提交或清除。您的文字没有丢失，请对照最新情况再决定。",
        "Since you began, this draft was handed in or removed. Your text is not lost; see how it stands, then decide.",
    ),
    "web.filing.theirs": Message("别处保存的", "Saved elsewhere"),
    "web.filing.mine": Message("您这里的", "Yours, here"),
    "web.filing.keep_mine": Message("以我这里的为准，继续填写", "Go on with mine"),
    "web.filing.keep_theirs": Message("以别处保存的为准", "Go on with the other"),
    "web.filing.conflict_same": Message("两份内容相同。", "Both read the same."),
    "web.filing.kept_title": Message("您的文字没有提交", "Your text was not submitted"),
    "web.filing.kept_lead": Message("您写的都在下面，可以复制保存。", "Everything you wrote is below, to copy."),
    "web.filing.kept_go": Message("查看此报送件的最新情况", "See how the filing stands"),
    "web.filing.unsent": Message(
        "本机上有一份没有保存的文字，而草稿后来在别处改过。",
        "This device holds text that was not saved, and the draft has changed elsewhere since.",
    ),
    "web.filing.unsent_compare": Message("对照两份", "Compare the two"),
}
