"""Words of the school year's page."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

WORDS: Mapping[str, Message] = {
    **{f"web.cycle.month_{number}": Message(f"{number}月", name) for number, name in enumerate(_MONTHS, 1)},
    "web.cycle.window": Message("{title}（{span}）", "{title}, {span}"),
    # -- the head
    "web.cycle.by_rules": Message("按《{title}》第 {version} 版", "Rules: {title}, version {version}"),
    "web.cycle.from_to": Message("{starts} 开始，{closes} 收尾", "from {starts}, closing {closes}"),
    "web.cycle.audit": Message("留痕", "Audit trail"),
    "web.cycle.suspended_note": Message(
        "现在暂停，不开放新的报送期；已开放的照常办理。原因：{reason}",
        "Suspended: no new window opens; what is open goes on. Reason: {reason}",
    ),
    "web.cycle.drafted_note": Message(
        "还没有发布。下面是按现行校历推算的日程，发布时才确定。",
        "Not published yet. Below is the calendar as publishing it now would fix it.",
    ),
    "web.cycle.drafted_wait": Message("由有“管理周期”权限的人员发布。", "Somebody who may run the cycle publishes it."),
    # -- the line
    "web.cycle.line": Message("全年日程", "The year"),
    "web.cycle.today": Message("今天 {day}", "Today, {day}"),
    "web.cycle.bar": Message(
        "{window}：{opens} 开放，{due} 截止，{lapses} 失效", "{window}: opens {opens}, due {due}, lapses {lapses}"
    ),
    "web.cycle.legend": Message("图例", "Legend"),
    "web.cycle.stage.waiting": Message("未开放", "To come"),
    "web.cycle.stage.open": Message("开放中", "Open"),
    "web.cycle.stage.over": Message("已截止", "Past due"),
    "web.cycle.stage.missed": Message("没有开放", "Not opened"),
    "web.cycle.legend_tail": Message("截止后到失效", "from due to lapsing"),
    "web.cycle.legend_provisional": Message("放假安排未公布，暂定", "rests on holidays not announced"),
    "web.cycle.legend_term": Message("学期", "term"),
    "web.cycle.legend_off": Message("放假", "days off"),
    "web.cycle.legend_worked": Message("调休上班", "worked weekend day"),
    "web.cycle.by_month": Message("按月查看", "By month"),
    "web.cycle.opens": Message("开放", "opens"),
    "web.cycle.due": Message("截止", "due"),
    "web.cycle.month_past": Message("{title}，{count} 项", "{title}: {count}"),
    "web.cycle.no_windows": Message("这一学年没有报送期", "This year has no windows"),
    "web.cycle.no_windows_text": Message(
        "方案中的各项任务在本学年都已过截止时间。", "The due times of all duties of the programme had passed."
    ),
    # -- what comes next
    "web.cycle.coming": Message("接下来", "What comes next"),
    "web.cycle.coming_none": Message("本学年的报送期都已截止。", "All windows of the year are past due."),
    "web.cycle.opens_today": Message("今天 {time} 开放", "Opens today {time}"),
    # -- what the calendar did
    "web.cycle.calendar": Message("校历与节假日", "The calendar"),
    "web.cycle.calendar_off": Message("学期内放假", "Days off in term"),
    "web.cycle.calendar_worked": Message("调休上班", "Weekend days worked"),
    "web.cycle.days": Message("{first}至 {last}", "{first} to {last}"),
    "web.cycle.calendar_text": Message(
        "开放、截止、失效的时间都落在工作日，遇放假顺延或提前。",
        "Windows open, fall due and lapse on workdays; days off move them.",
    ),
    "web.cycle.provisional_day": Message("暂定", "provisional"),
    "web.cycle.unannounced": Message(
        "标“暂定”的日期，国家放假安排还没有公布。",
        "Where it says provisional, the State has not announced its days off yet.",
    ),
    "web.cycle.provisional": Message(
        "{count} 个报送期的日期按未公布的放假安排推算。日程一经发布不再改动，公布后如有调休，请提前告知各单位。",
        "The days of {count} windows rest on holidays that were not announced. A published calendar does not move; "
        "tell the units in time if the announcement shifts workdays.",
    ),
    "web.cycle.missed": Message(
        "{count} 个报送期在暂停期间过了失效时间，没有开放，各单位不必补报：",
        "{count} windows lapsed while the year was suspended. They were not opened and nobody owes them:",
    ),
    # -- the numbers
    "web.cycle.numbers": Message("各报送期进度", "Where each window stands"),
    "web.cycle.table": Message("各报送期进度表，可左右滚动", "Table of windows, scrolls sideways"),
    "web.cycle.numbers_text": Message("数字只计您可以查看的报送件。", "Only filings that you may look at are counted."),
    "web.cycle.opened_at": Message("开放", "Opens"),
    "web.cycle.lapses": Message("失效", "Lapses"),
    "web.cycle.owed": Message("应报", "Owed"),
    "web.cycle.to_file": Message("待报", "To file"),
    "web.cycle.in_review": Message("审批中", "In review"),
    "web.cycle.done": Message("已通过", "Approved"),
    "web.cycle.late": Message("逾期", "Late"),
    "web.cycle.lapsed": Message("已失效", "Lapsed"),
    "web.cycle.total": Message("合计", "Total"),
    "web.cycle.count_link": Message("{what} {count} 件：{window}", "{what}: {count}, {window}"),
    "web.cycle.counts": Message(
        "应报 {owed} 件，已通过 {done}，审批中 {review}，逾期 {late}",
        "{owed} owed, {done} approved, {review} in review, {late} late",
    ),
    "web.cycle.inspections": Message("查看检查", "Inspections"),
    # -- running it
    "web.cycle.run": Message("管理学年", "Run the year"),
    "web.cycle.do.publish": Message("发布日程", "Publish the calendar"),
    "web.cycle.do.suspend": Message("暂停开放", "Suspend"),
    "web.cycle.do.resume": Message("恢复开放", "Resume"),
    "web.cycle.do.archive": Message("归档", "Archive"),
    "web.cycle.what_happens": Message("会发生什么", "What will happen"),
    "web.cycle.publish_says": Message(
        "发布后将于 {starts} 起按时开放 {windows} 个报送期，按现有单位和任职约产生 {count} 件报送件和检查。",
        "Once published, {windows} windows open in their time from {starts} on. With the units and posts of today that "
        "makes about {count} filings and inspections.",
    ),
    "web.cycle.publish_fixed": Message(
        "所有人都能看到日程。日程一经发布不能修改或撤回，只能暂停。",
        "Everybody sees the calendar. It cannot be changed or withdrawn afterwards, only suspended.",
    ),
    "web.cycle.publish_past": Message(
        "{count} 个报送期已过截止时间，不再列入，各单位不必补报。",
        "{count} windows are past their due time already. They are left out and nobody owes them.",
    ),
    "web.cycle.publish_at_once": Message(
        "其中 {count} 个报送期的开放时间已到，发布后立即开放。",
        "{count} of them are past their opening time and open at once.",
    ),
    "web.cycle.publish_provisional": Message(
        "其中 {count} 个报送期的日期按未公布的放假安排推算，公布后不会自动改变。",
        "The days of {count} of them rest on holidays that are not announced, and will not move when they are.",
    ),
    "web.cycle.suspend_says": Message("暂停期间不再开放新的报送期。", "While suspended, no new window opens."),
    "web.cycle.suspend_open": Message(
        "已开放的 {count} 件照常办理，截止和失效时间不变。",
        "The {count} filings that are open go on; their due and lapsing times stay.",
    ),
    "web.cycle.suspend_next": Message(
        "首先受影响的是{title}，原定 {opens} 开放。", "The first to be held back is {title}, which would open {opens}."
    ),
    "web.cycle.suspend_none_left": Message(
        "本学年的报送期都已开放，暂停只推迟收尾。", "All windows of the year have opened; only its closing is put off."
    ),
    "web.cycle.suspend_missed": Message(
        "恢复时，到了时间的报送期立即开放；已过失效时间的不再开放，各单位不必补报。",
        "When the year is resumed, windows whose time has come open at once. Those that have lapsed do not open, and "
        "nobody owes them.",
    ),
    "web.cycle.reason_label": Message("原因", "Reason"),
    "web.cycle.reason_help": Message("所有人都能看到，并记入留痕。", "Everybody sees it, and it stays in the history."),
    "web.cycle.resume_says": Message(
        "恢复后，报送期按原定日程继续开放。", "Windows open by the published calendar again."
    ),
    "web.cycle.resume_opens": Message(
        "{count} 个报送期的时间已到，立即开放：", "{count} windows whose time has come open at once:"
    ),
    "web.cycle.resume_opens_none": Message("没有需要立即开放的报送期。", "No window has to open at once."),
    "web.cycle.resume_missed": Message(
        "{count} 个报送期已过失效时间，不再开放，各单位不必补报。",
        "{count} windows have lapsed meanwhile. They do not open, and nobody owes them.",
    ),
    "web.cycle.and_more": Message("另有 {count} 个", "and {count} more"),
    "web.cycle.archive_says": Message(
        "归档后本学年结束，不能恢复。全部报送件和留痕仍可查看。",
        "The year ends for good. All filings and their history can still be read.",
    ),
    "web.cycle.archive_open": Message(
        "还有 {count} 件没有办结，归档后仍可办完。", "{count} filings are not finished; they can still be finished."
    ),
    "web.said.cycle.draft": Message("已拟定。请核对日程后发布。", "Drafted. Look the calendar over, then publish it."),
    "web.said.cycle.publish": Message(
        "日程已发布，到时自动开放。", "Published. Windows open by themselves in their time."
    ),
    "web.said.cycle.suspend": Message("已暂停，不再开放新的报送期。", "Suspended. No new window opens."),
    "web.said.cycle.resume": Message("已恢复，按日程继续开放。", "Resumed. Windows open by the calendar again."),
    "web.said.cycle.archive": Message("已归档。", "Archived."),
    # -- drafting one
    "web.cycle.draft_title": Message("拟定新学年", "Draft a school year"),
    "web.cycle.draft_text": Message(
        "按现行方案（《{title}》第 {version} 版）拟定。拟定后不会开放任何报送期，发布时才生效。",
        "It goes by the programme in force ({title}, version {version}). Drafting opens nothing; publishing does.",
    ),
    "web.cycle.school_year": Message("学年（开始的年份）", "School year (the year it begins)"),
    "web.cycle.school_year_help": Message("例如 2027 表示 2027–2028 学年", "2027 is the school year 2027–2028"),
    "web.cycle.draft_do": Message("拟定", "Draft"),
    # -- history, other years
    "web.cycle.history": Message("办理记录", "History"),
    "web.cycle.earlier": Message("更早的记录", "Earlier"),
    "web.cycle.later": Message("较新的记录", "Later"),
    "web.cycle.part": Message("第 {part} 页，共 {parts} 页", "Page {part} of {parts}"),
    "web.cycle.others": Message("其他学年", "Other school years"),
    "web.cycle.none": Message("还没有学年日程", "There is no school year yet"),
    "web.cycle.none_text": Message(
        "由有“管理周期”权限的人员拟定并发布后，全年的报送期会列在这里。",
        "Once somebody who may run the cycle has drafted and published one, its windows are shown here.",
    ),
}
