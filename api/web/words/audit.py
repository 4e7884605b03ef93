"""Words of the audit pages."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.audit.nav": Message("留痕各页", "Audit pages"),
    "web.audit.tab.find": Message("查找事项", "Find"),
    "web.audit.tab.events": Message("全部记录", "All events"),
    "web.audit.tab.verify": Message("校验全账", "Verify"),
    "web.audit.tab.denials": Message("拒绝记录", "Denials"),
    "web.audit.tab.sign_ins": Message("登录记录", "Sign-ins"),
    "web.audit.machine.filing": Message("报送件", "Filing"),
    "web.audit.machine.cycle": Message("学年日程", "School year"),
    "web.audit.machine.inspection": Message("检查评估", "Inspection"),
    "web.audit.machine.follow_up": Message("跟进", "Follow-up"),
    "web.audit.machine.person": Message("人员", "Person"),
    "web.audit.machine.unit": Message("单位", "Unit"),
    "web.audit.machine.rulebook": Message("现行方案", "Rules in force"),
    # -- finding
    "web.audit.lead": Message(
        "谁在什么时候办理了什么、当时的内容是什么，都可以在这里回放和核对。",
        "Who did what, when, and what it said then: replay it here, and check it.",
    ),
    "web.audit.q": Message("查找", "Look for"),
    "web.audit.q_help": Message(
        "名称、单位、姓名，或事项编号、记录的位置号",
        "A title, a unit, a name; a stream's id, or an event's position",
    ),
    "web.audit.narrow": Message("按单位、任务、时段、人员查找", "By unit, duty, period or person"),
    "web.audit.unit": Message("单位（含下属）", "Unit, and below it"),
    "web.audit.duty": Message("任务", "Duty"),
    "web.audit.period": Message("时段", "Period"),
    "web.audit.period_help": Message("月份如 2026-11，学期如 2026-1", "A month such as 2026-11, a term such as 2026-1"),
    "web.audit.person": Message("办理人或报送人", "Who acted or owed it"),
    "web.audit.results": Message("找到的事项", "What was found"),
    "web.audit.nothing": Message("没有找到符合条件的事项", "Nothing matches"),
    "web.audit.nothing_text": Message(
        "请减少条件，或换一个词再查。只列出您有权查看的事项。",
        "Look by less, or by another word. Only what you may see is listed.",
    ),
    "web.audit.no_position": Message(
        "全账中没有这个位置号的记录，或您无权查看。下面按名称查找。",
        "No event has this position, or you may not see it. Titles are searched instead.",
    ),
    "web.audit.people": Message("人员", "People"),
    "web.audit.units": Message("单位", "Units"),
    "web.audit.changed": Message("最近一条记录：{at}", "Last event {at}"),
    "web.audit.newest": Message("最新的记录", "Newest events"),
    "web.audit.all_events": Message("查看全部记录", "All events"),
    # -- events
    "web.audit.who": Message("办理人", "Who"),
    "web.audit.who_help": Message("姓名；自动办理的写“系统”", "A name; “system” for what came by itself"),
    "web.audit.type": Message("记录种类", "Kind of event"),
    "web.audit.day": Message("日期", "Day"),
    "web.audit.no_events": Message("没有符合条件的记录", "No event matches"),
    "web.audit.position": Message("位置 {position}", "Position {position}"),
    "web.audit.moment": Message("回放到这一条", "Replay to here"),
    # -- one stream
    "web.audit.title": Message("{title} 留痕", "{title}: audit trail"),
    "web.audit.at_version": Message("第 {number} 条，共 {last} 条", "Event {number} of {last}"),
    "web.audit.slide": Message("拖动到某一条记录", "Move to an event"),
    "web.audit.show": Message("查看", "Show"),
    "web.audit.previous": Message("上一条", "Previous"),
    "web.audit.next": Message("下一条", "Next"),
    "web.audit.to_last": Message("回到最新", "Latest"),
    "web.audit.at": Message("或查看某一时刻", "Or as of a time"),
    "web.audit.at_zone": Message("{zone}，如 2026-11-03 18:00", "{zone}, such as 2026-11-03 18:00"),
    "web.audit.zone.Asia/Shanghai": Message("北京时间", "Beijing time"),
    "web.audit.jump": Message("看全过程", "Everything that happened"),
    "web.audit.at_unreadable": Message(
        "看不懂这个时间。请写成 2026-11-03 18:00；只写日期则到当天结束。",
        "This is not a time. Write it as 2026-11-03 18:00; a day alone means its end.",
    ),
    "web.audit.at_before": Message(
        "那时还没有这件事项，它从 {began} 开始。下面是它的第一条记录。",
        "It did not exist then: it began {began}. Its first event is shown.",
    ),
    "web.audit.as_of": Message("截至 {at}，最后一条记录是第 {number} 条。", "As of {at}, the last event was {number}."),
    "web.audit.then": Message("当时的情况", "As it was then"),
    "web.audit.now": Message("这是最新的情况。", "This is how it stands now."),
    "web.audit.past": Message(
        "这是过去的情况：下面都按第 {number} 条记录之后的样子显示，此后还有 {more} 条。",
        "This is the past: everything below is as it was after event {number}; {more} came later.",
    ),
    "web.audit.did": Message("这一条记录", "This event"),
    "web.audit.who_did": Message("办理人", "By"),
    "web.audit.capacity": Message("身份", "In the capacity of"),
    "web.audit.happened": Message("发生时间", "Happened"),
    "web.audit.recorded": Message("入账时间", "Recorded"),
    "web.audit.changes": Message("这一条改变了什么", "What it changed"),
    "web.audit.added": Message("增", "added"),
    "web.audit.removed": Message("减", "removed"),
    "web.audit.revision": Message("第 {number} 稿", "Revision {number}"),
    "web.audit.clockwork": Message("提醒等时间也随之改变", "Times of reminders and the like, which changed with it"),
    "web.audit.no_changes": Message("只作记录，当时的情况没有改变。", "It was noted; nothing else changed."),
    "web.audit.began": Message("从这一条开始有了这件事项。", "It began with this event."),
    "web.audit.facts": Message("其他事实", "Other facts"),
    "web.audit.content": Message("当时的内容：第 {number} 稿", "The document then: revision {number}"),
    "web.audit.content_by": Message("{by} 提交，{at}", "Handed in by {by}, {at}"),
    "web.audit.against": Message(
        "与第 {number} 稿比较，＋ 为新增，－ 为删去。", "Compared with revision {number}: ＋ is new, － was taken out."
    ),
    "web.audit.field.unchanged": Message("没有改动", "unchanged"),
    "web.audit.field.changed": Message("有改动", "changed"),
    "web.audit.field.added": Message("新增", "new"),
    "web.audit.field.removed": Message("删去", "taken out"),
    "web.audit.erased": Message(
        "内容已于 {at} 依规清除，不能再显示。清除前的摘要值仍在记录中，可以用来核对另存的副本。",
        "The content was erased by the rules on {at} and can no longer be shown. Its digest stands in the event and "
        "still checks a copy kept elsewhere.",
    ),
    "web.audit.missing": Message(
        "内容不在库中，也没有依规清除的记录：有人取走了它。",
        "The content is gone, and it was not erased by the rules: somebody took it away.",
    ),
    "web.audit.no_field": Message("未填写", "left empty"),
    "web.audit.timeline": Message("全过程", "Everything that happened"),
    "web.audit.earlier": Message("更早的记录", "Earlier events"),
    "web.audit.later": Message("更晚的记录", "Later events"),
    "web.audit.unreadable_state": Message(
        "从这里起记录已被改动，当时的情况无法还原。下面只列出库中现有的数据。",
        "From here on the events were altered, so how things stood cannot be told. What is stored now is shown.",
    ),
    # -- proof
    "web.audit.sound": Message(
        "本事项的 {count} 条记录刚刚逐条重算，内容与摘要值全部相符，前后相接。",
        "The {count} events of this stream were just hashed again: every digest holds and each rests on the one "
        "before.",
    ),
    "web.audit.broken": Message(
        "本事项的记录被改动过：{count} 处不符", "This stream was altered in {count} of its events"
    ),
    "web.audit.broken_at": Message("第 {version} 条", "Event {version}"),
    "web.audit.broken_next": Message(
        "请保留现场，不要再办理；校验全账，并用备份和另存的链值核对。",
        "Keep everything as it is; verify the whole ledger and compare with backups and the heads kept elsewhere.",
    ),
    "web.audit.proof_more": Message("这说明什么，不说明什么", "What this proves, and what it does not"),
    "web.audit.proves": Message(
        "说明：这些记录写入以后，没有被单独改动、增删或调换次序；所附内容与提交时一致（依规清除的除外）；"
        "每一条都接在全账的前一条之后。",
        "It proves that since they were written none of these events was altered, added, taken out or moved by itself; "
        "that the contents are those that were handed in, erased ones apart; and that each rests on the event before "
        "it in the whole ledger.",
    ),
    "web.audit.proves_not": Message(
        "不说明：掌握数据库的人没有把此后的全部记录连同链值重新计算一遍。要排除这种情况，请校验全账，"
        "并将链首与另存在别处的副本核对。草稿和通知不在校验之内。",
        "It does not prove that whoever owns the database did not compute everything after them anew. Only the whole "
        "ledger, verified, and its head compared with a copy kept elsewhere show that. Drafts and notices are no "
        "evidence.",
    ),
    "web.audit.by_hand": Message(
        "导出的文件里有重算所需的全部数据，可以不用本系统自行核对，方法见文档 docs/verify-by-hand.md。",
        "The export holds all that the digests rest on, so that anybody can check it without this product; "
        "docs/verify-by-hand.md says how.",
    ),
    "web.audit.flaw.gap": Message("位置号不连续：有记录被删除", "a gap in the positions: events were taken out"),
    "web.audit.flaw.version": Message(
        "序号不连续：这之前有记录被删除或插入", "the count does not go on: events before it were taken out or put in"
    ),
    "web.audit.flaw.previous": Message(
        "与前一条不相接：前一条被替换", "it does not rest on the event before it, which was replaced"
    ),
    "web.audit.flaw.digest": Message(
        "内容与摘要值不符：写入以后被改动过",
        "it does not match its digest: it was altered after it was written",
    ),
    "web.audit.flaw.link": Message(
        "位置或入账时间与链值不符", "its position or time of recording does not match the ledger's chain"
    ),
    "web.audit.flaw.head": Message(
        "末尾与事项的当前状态不符：其后的记录被删除，或状态被改动",
        "the end does not match the stream's head: later events were taken out, or the head was altered",
    ),
    "web.audit.flaw.tail": Message(
        "末尾与全账的链首不符：最后的记录被删除",
        "the end is not the ledger's head: the last events were taken out",
    ),
    "web.audit.flaw.content": Message(
        "所附内容被改动，或被取走而没有依规清除", "the content it names was altered, or taken away without being erased"
    ),
    "web.audit.flaw.programme": Message("所依据的研修方案被改动", "the programme it names was altered"),
    "web.audit.flaw.unreadable": Message(
        "库中有无法读出的数值，不是本系统写入的",
        "it holds a value that cannot be read and that was never written here",
    ),
    "web.audit.digests": Message("核对用的数据", "For checking"),
    "web.audit.position_label": Message("全账位置", "Position in the ledger"),
    "web.audit.command_id": Message("办理编号", "Command id"),
    "web.audit.programme": Message("研修方案摘要值", "Programme digest"),
    "web.audit.programme_link": Message("查看当时的研修方案", "The programme it was under"),
    "web.audit.digest": Message("摘要值（{hash}）", "Digest ({hash})"),
    "web.audit.digest_before": Message("前一条的摘要值", "Digest of the event before"),
    "web.audit.link": Message("全账链值", "Link in the ledger's chain"),
    "web.audit.stored": Message("库中的原始数据", "The event as it is stored"),
    "web.audit.whole_digest": Message("完整显示", "in full"),
    "web.audit.open": Message("打开办理页面", "Open its page"),
    "web.audit.sheet": Message("证据单（打印）", "Evidence sheet (print)"),
    "web.audit.json": Message("导出 JSON", "Export JSON"),
    "web.audit.csv": Message("导出 CSV", "Export CSV"),
    # -- the evidence sheet
    "web.audit.sheet_title": Message("证据单：{title}", "Evidence sheet: {title}"),
    "web.audit.sheet_made": Message("{name} 于 {at} 从研修台账打印", "Printed from Termledger by {name}, {at}"),
    "web.audit.sheet_scope": Message(
        "第 {first} 至第 {number} 条，共 {last} 条。", "Events {first} to {number} of {last}."
    ),
    "web.audit.sheet_part": Message("证据单第 {part} 张，共 {parts} 张。", "Sheet {part} of {parts}."),
    "web.audit.sheet_part_link": Message("第 {part} 张", "Sheet {part}"),
    "web.audit.sheet_status": Message("第 {number} 条之后的状态", "Status after event {number}"),
    "web.audit.sheet_how": Message(
        "用浏览器的打印功能打印，或另存为 PDF。", "Print it with the browser, or save it as a PDF."
    ),
    "web.audit.back": Message("返回回放", "Back to the replay"),
    "web.audit.no": Message("序号", "No."),
    "web.audit.id": Message("事项编号", "Stream id"),
    "web.audit.head_digest": Message("末条摘要值", "Digest of the last event"),
    "web.audit.signature": Message("核对人签字", "Checked by (signature)"),
    "web.audit.signature_day": Message("日期", "Date"),
    # -- verifying
    "web.audit.verify_lead": Message(
        "逐条重算全账的摘要值，核对每一个链值、每一份内容和研修方案。不影响办理，可以离开本页，稍后回来查看。",
        "Every event is hashed again, every link followed, every content and programme compared. People can go on "
        "working, and you may leave this page and come back.",
    ),
    "web.audit.verify_begin": Message("开始校验", "Verify now"),
    "web.audit.verify_again": Message("再校验一次", "Verify again"),
    "web.audit.verify_none": Message("还没有在这里校验过", "Nothing was verified here yet"),
    "web.audit.verify_running": Message("正在校验", "Verifying"),
    "web.audit.verify_far": Message("已重算 {done} 条，共 {size} 条", "{done} of {size} events hashed"),
    "web.audit.verify_began": Message("{by} 于 {at} 开始", "Begun by {by}, {at}"),
    "web.audit.verify_refresh": Message("本页每 2 秒自动更新。", "This page renews itself every two seconds."),
    "web.audit.verify_sound": Message("全账完好，没有改动", "The ledger is sound: nothing was altered"),
    "web.audit.verify_broken": Message("账本被改动过", "The ledger was altered"),
    "web.audit.verify_flaw": Message(
        "第一处不符在位置 {position}：{reason}。", "The first fault is at position {position}: {reason}."
    ),
    "web.audit.verify_flaw_stream": Message("查看这件事项", "Look at the stream"),
    "web.audit.verify_stopped": Message(
        "上一次校验没有做完，不说明账本有问题。请再校验一次。",
        "The last verification did not come to its end, which says nothing about the ledger. Verify again.",
    ),
    "web.audit.verify_events": Message("记录", "Events"),
    "web.audit.verify_held": Message("在此之前相符的记录", "Events before it that hold"),
    "web.audit.verify_streams": Message("事项", "Streams"),
    "web.audit.verify_seconds": Message("用时", "Time taken"),
    "web.audit.verify_seconds_value": Message("{seconds} 秒", "{seconds} s"),
    "web.audit.verify_head": Message("链首", "Head"),
    "web.audit.verify_keep": Message(
        "请把链首抄录或打印，保存在别处。以后再校验时与它核对，才能排除有人重算全账。",
        "Note the head down and keep it elsewhere. Comparing it later is what shows that nobody computed the whole "
        "ledger anew.",
    ),
    # -- logs
    "web.audit.denials_lead": Message(
        "因没有权限而被拒绝的操作。拒绝不改变任何事项，只记在这里。",
        "What people were refused for want of a right. A refusal changes nothing; it is noted here alone.",
    ),
    "web.audit.no_denials": Message("没有拒绝记录", "Nobody was refused anything"),
    "web.audit.wanted": Message("想办理", "Wanted to"),
    "web.audit.stream": Message("事项", "Stream"),
    "web.audit.why": Message("原因", "Why not"),
    "web.audit.when": Message("时间", "When"),
    "web.audit.denied.right_missing": Message("任职里没有办理此事的权限", "No post with the right that this needs"),
    "web.audit.denied.not_yours": Message("任职不包含查看此事项的权限", "No post that lets them see this"),
    "web.audit.denied.only_system": Message("这一步只由系统按日程办理", "Only the system does this, by the calendar"),
    "web.audit.denied.not_author": Message("不是此件的报送人", "Not the author of the filing"),
    "web.audit.denied.not_decider": Message("不是当时所在环节的审批人", "Not a decider of the stage it was at"),
    "web.audit.denied.stage_counts_no_votes": Message("该环节不采用票签", "The stage counts no votes"),
    "web.audit.denied.stage_may_not_reject": Message("该环节不能作“不同意”的结论", "The stage may not reject"),
    "web.audit.denied.nothing_to_mark": Message("没有抄送给此人的未阅内容", "There was no unread copy for them"),
    "web.audit.denied.no_part_in_it": Message(
        "不是此件的报送人、审批人，也不是主管部门", "Neither author, decider nor office of the filing"
    ),
    "web.audit.denied.own_filing": Message(
        "是本人提交或应报的报送件，不能自己审批", "Their own filing, which nobody decides on"
    ),
    "web.audit.denied.own_filing_office": Message(
        "是本人（或所代理的人）的报送件，免报、延期、作废不能自己决定",
        "Their own filing, or that of whom they act for: nobody waives, extends or voids their own",
    ),
    "web.audit.denied.own_recall": Message(
        "撤回是本人（或所代理的人）申请的，不能自己答复", "They, or whom they act for, asked for the recall"
    ),
    "web.audit.denied.not_arranger": Message("不是检查的组织者", "Not the arranger of the inspection"),
    "web.audit.denied.not_inspector": Message("不在检查人员名单中", "Not on the inspection's panel"),
    "web.audit.denied.inspects_own_unit": Message(
        "所选检查人员在被检查单位任职，应当回避", "An inspector who was chosen has a post at the inspected unit"
    ),
    "web.audit.denied.no_inspector_any_more": Message(
        "已不再担任检查人员所需的职务", "No longer holds the post that inspectors come from"
    ),
    "web.audit.denied.not_answerer": Message(
        "不是被检查或被跟进单位的答复人", "Not who answers for the unit concerned"
    ),
    "web.audit.denied.not_reviewer": Message("不是指定的复核人", "Not the appointed reviewer"),
    "web.audit.denied.own_inspection": Message("本人参加了评分，复核应当回避", "They scored it, so another reviews it"),
    "web.audit.denied.own_answer": Message(
        "本人是被检查单位的答复人，复核应当回避", "They answer for the unit, so another reviews it"
    ),
    "web.audit.denied.not_leader": Message("不是此项跟进的牵头人", "Not the leader of the follow-up"),
    "web.audit.denied.not_delegated": Message(
        "没有代办此事项的授权，或代理已经结束", "No delegation for this, or one that was over"
    ),
    "web.audit.denied.token_scope": Message("令牌的使用范围不含此项", "The token has no scope for this"),
    "web.audit.denied.token_scopes_beyond": Message(
        "新令牌的范围超出签发所用的令牌", "The new token would have had scopes that the issuing one lacks"
    ),
    "web.audit.action.read": Message("查看", "Look at it"),
    "web.audit.action.audit": Message("查看留痕", "Look at the audit trail"),
    "web.audit.action.verify": Message("校验全账", "Verify the ledger"),
    "web.audit.action.act": Message("通过接口办理", "Act over the API"),
    "web.audit.action.board": Message("查看看板", "Look at the board"),
    "web.audit.action.change_rules": Message("改按新方案", "Move filings to other rules"),
    "web.audit.action.delegations": Message("查看代理", "Look at delegations"),
    "web.audit.action.directory": Message("管理人员单位", "Keep the directory"),
    "web.audit.action.draft": Message("查看或修改草稿", "Look at or change the draft"),
    "web.audit.action.edit": Message("打开填写页", "Open the form"),
    "web.audit.action.issue_token": Message("签发令牌", "Issue a token"),
    "web.audit.action.keep_account": Message("管理账号", "Keep the account"),
    "web.audit.action.one_time_password": Message("发放一次性密码", "Issue a one-time password"),
    "web.audit.action.reset_totp": Message("重置两步验证", "Reset the second factor"),
    "web.audit.sign_ins_lead": Message(
        "登录、没有登录成的尝试，以及密码和两步验证的变更。",
        "Sign-ins, attempts that failed, and changes of passwords and second factors.",
    ),
    "web.audit.no_sign_ins": Message("没有登录记录", "Nobody has signed in yet"),
    "web.audit.outcome": Message("情况", "What happened"),
    "web.audit.login": Message("登录名", "Login"),
    "web.audit.address": Message("地址", "Address"),
    "web.audit.by": Message("{by} 办理", "by {by}"),
}
