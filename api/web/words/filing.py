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
    "web.filing.judged": Message("评定为“{judgement}”", "judged “{judgement}”"),
    "web.filing.audit": Message("留痕", "Audit trail"),
    "web.filing.to_act": Message("去办理：{what}", "Decide: {what}"),
    # -- the path
    "web.path.title": Message("办理进度", "Where it stands"),
    "web.path.done": Message("已完成", "Done"),
    "web.path.now": Message("现在", "Now"),
    "web.path.next": Message("接下来", "Next"),
    "web.path.left_out": Message("不再经过", "Not reached"),
    "web.path.until": Message("{at} 前", "by {at}"),
    "web.path.together": Message("全体同意", "all must agree"),
    "web.path.escalates": Message("{at} 后{unit}{role}也可以办理", "From {at} the {role}, {unit}, may decide as well"),
    "web.path.escalated": Message("已超时，{unit}{role}也可以办理", "Late: the {role}, {unit}, may decide as well"),
    "web.path.resumes": Message("修改后直接回到这里", "comes straight back here"),
    "web.path.earlier": Message("另有：{words}，{name}，{at}", "Also: {words}, {name}, {at}"),
    "web.path.lapsed": Message("已失效", "Lapsed"),
    "web.path.judgement": Message("评定：{judgement}", "Judged: {judgement}"),
    # -- what may be done
    "web.filing.act": Message("我可以办理", "What you can do"),
    "web.filing.act_none": Message("现在没有需要您办理的。", "Nothing here waits for you."),
    "web.filing.next": Message("下一件待办：{title}（{unit}）", "Next on your desk: {title} ({unit})"),
    "web.filing.fill_in": Message("填写", "Fill in"),
    "web.filing.mend": Message("修改", "Revise"),
    "web.filing.go_on": Message("继续填写", "Go on writing"),
    "web.filing.comment_label": Message("意见", "Comment"),
    "web.filing.reason_label": Message("原因", "Reason"),
    "web.filing.judgement_label": Message("评定", "Judgement"),
    "web.filing.to_label": Message("退回给", "Return to"),
    "web.filing.to_author": Message("报送人（{who}）", "The author ({who})"),
    "web.filing.to_stage": Message("“{stage}”环节", "The stage “{stage}”"),
    "web.filing.opens": Message("{title}（随后进行“{opens}”）", "{title} (followed by “{opens}”)"),
    "web.filing.do.approve.agreed": Message("同意", "Approve"),
    "web.filing.do.approve.received": Message("签收", "Receive"),
    "web.filing.do.approve.read": Message("已阅", "Mark as read"),
    "web.filing.do.return": Message("退回", "Return"),
    "web.filing.do.reject": Message("不同意", "Reject"),
    "web.filing.do.recall": Message("撤回", "Recall"),
    "web.filing.do.waive": Message("准予免报", "Waive"),
    "web.filing.do.amend": Message("开始修订", "Begin an amendment"),
    "web.filing.do.abandon_amendment": Message("放弃修订", "Abandon the amendment"),
    "web.filing.do.comment": Message("发表意见", "Comment"),
    "web.filing.help.approve": Message(
        "同意后转到“{next}”环节，由{post}办理。", "It then goes to the stage “{next}”, for the {post}."
    ),
    "web.filing.help.approve_last": Message(
        "这是最后一个环节，同意后即日生效。", "This is the last stage: with your approval it is in force."
    ),
    "web.filing.help.approve_all": Message(
        "本环节须全体同意。您同意后，仍在等待的其他人同意才转出。",
        "Everybody at this stage must agree: it goes on once the others have agreed too.",
    ),
    "web.filing.help.return": Message(
        "退回报送人后，对方有 {days} 个工作日修改，再提交时{resume}。原因会原样告诉对方。",
        "Its author has {days} workdays to mend it; it then {resume}. The reason is told as you write it.",
    ),
    "web.filing.resumes": Message("直接回到本环节", "comes straight back to this stage"),
    "web.filing.restarts": Message("从第一个环节开始", "passes every stage from the first"),
    "web.filing.help.reject": Message(
        "不同意即办结，报送人不能再修改提交。如果修改后可以通过，请用“退回”。",
        "This ends it: its author cannot mend and submit it again. If it can be mended, return it.",
    ),
    "web.filing.help.reject_amendment": Message(
        "不同意修订，原来通过的第 {number} 稿继续有效。", "The amendment ends; revision {number} stays in force."
    ),
    "web.filing.help.recall": Message(
        "撤回后可以修改，再提交时从第一个环节开始。本环节会收到通知。",
        "You can then mend it; submitted again, it passes every stage from the first. The deciders are told.",
    ),
    "web.filing.help.waive": Message(
        "免报后不再需要报送，已写的内容不再审批，且不能恢复。报送人会收到通知，原因留在记录中。",
        "It is then not owed, what was written is not decided on, and this cannot be undone. "
        "Its author is told, and the reason is kept.",
    ),
    "web.filing.help.amend": Message(
        "修订期间第 {number} 稿继续有效；新的一稿须重新经过全部环节。",
        "Revision {number} stays in force meanwhile; the new one passes every stage.",
    ),
    "web.filing.help.abandon_amendment": Message(
        "放弃后第 {number} 稿继续有效，修订中写的内容不再使用。",
        "Revision {number} stays in force; what was written for the amendment is not used.",
    ),
    "web.filing.help.comment": Message(
        "意见会告诉报送人和现在的审批人，不改变办理进度。",
        "The author and whoever decides now are told. Nothing moves.",
    ),
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
    "web.said.filing.waive": Message("已准予免报，并通知报送人。", "Waived; its author has been told."),
    "web.said.filing.amend": Message("已开始修订，原来的一稿继续有效。", "The amendment has begun."),
    "web.said.filing.abandon_amendment": Message("已放弃修订，原来的一稿继续有效。", "The amendment is abandoned."),
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
        "请在 {at} 前修改（{left}）。提交后到“{stage}”环节。",
        "Mend it by {at} ({left}). It then goes to the stage “{stage}”.",
    ),
    "web.filing.amending_why": Message("修订原因：", "Reason for the amendment:"),
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
    "web.filing.submit_to": Message(
        "提交后到“{stage}”环节，由{post}审批。", "It then goes to the stage “{stage}”, for the {post}."
    ),
    "web.filing.late": Message(
        "已过截止时间（{at}，{left}），提交后记为逾期。{lapses} 后失效，不能再提交。",
        "The due time has passed ({at}, {left}); it will be marked late. After {lapses} it lapses.",
    ),
    "web.filing.choose": Message("请选择", "Choose"),
    "web.filing.add_item": Message("加一条", "Add an item"),
    "web.filing.add_row": Message("加一行", "Add a row"),
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
