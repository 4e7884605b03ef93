"""What the views of the domain say: deadlines, stories, paths, differences, the rules. As (Chinese, English) by key.

`domain.messages` takes these into its catalogue. Keys: `deadline.<form>`, `urgency.<urgency>`, `count.<thing>`,
`name.<case>`, `story.<event type>`, and so on; a part in `[brackets]` is left out when a param of it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]

_DEADLINES: Words = {
    "deadline.none": ("没有期限", "No due time"),
    "deadline.workdays_left": ("还有 {number} 个工作日", "{number} workdays left"),
    "deadline.workday_left": ("还有 {number} 个工作日", "{number} workday left"),
    "deadline.days_left": ("还有 {number} 天", "{number} days left"),
    "deadline.day_left": ("还有 {number} 天", "{number} day left"),
    "deadline.today": ("今天 {time} 截止", "Due today {time}"),
    "deadline.passed_today": ("今天 {time} 已到期", "Was due today {time}"),
    "deadline.days_late": ("逾期 {number} 天", "{number} days late"),
    "deadline.day_late": ("逾期 {number} 天", "{number} day late"),
    "urgency.overdue": ("已逾期", "Overdue"),
    "urgency.today": ("今天", "Today"),
    "urgency.this_week": ("本周", "This week"),
    "urgency.later": ("以后", "Later"),
    "urgency.none": ("没有期限", "No due time"),
}

_NAMES: Words = {
    "name.system": ("系统", "the system"),
    "name.unknown": ("（姓名不详）", "(name not known)"),
    "name.on_behalf": ("{person} 代 {other}", "{person} on behalf of {other}"),
    "name.post": ("{unit}的{role}", "{role}, {unit}"),
    "name.term": ("{year}–{next} 学年{term}", "{term} {year}–{next}"),
}

_STORIES: Words = {
    "story_part.late": ("已逾期", "late"),
    "story_part.adjusted": ("“{item}”改为 {points} 分（{reason}）", "“{item}” changed to {points} points ({reason})"),
    "story_part.appointment": ("{post}（{first} 起[，至 {last}]）", "{post} (from {first}[ to {last}])"),
    "story.filing.opened": (
        "“{title}”（{period}）开始报送，由{to}报送，{due_at} 截止，{lapses_at} 后失效",
        "“{title}” ({period}) was opened for {to}: due {due_at}, lapses {lapses_at}",
    ),
    "story.filing.drafting_begun": ("{who}[（{post}）]开始起草", "{who}[ ({post})] began a draft"),
    "story.filing.submitted": (
        "{who}[（{post}）]提交了第 {revision} 稿[，{late}]",
        "{who}[ ({post})] submitted revision {revision}[, {late}]",
    ),
    "story.filing.stage_reached": (
        "到达“{stage}”环节，由{to}在 {due_at} 前办理",
        "It reached the stage “{stage}”, for {to} to decide by {due_at}",
    ),
    "story.filing.approval_given": (
        "{who}[（{post}）]在“{stage}”环节同意[，评定为“{judgement}”][，意见：{comment}]",
        "{who}[ ({post})] approved at the stage “{stage}”[, judged “{judgement}”][: {comment}]",
    ),
    "story.filing.approved": (
        "第 {revision} 稿通过，即日生效[，评定为“{judgement}”]",
        "Revision {revision} was approved and is in force[, judged “{judgement}”]",
    ),
    "story.filing.returned": (
        "{who}[（{post}）]在“{stage}”环节退回给{to}，原因：{reason}。请在 {due_at} 前修改，提交后到“{resume}”环节",
        "{who}[ ({post})] returned it from the stage “{stage}” to {to}. Reason: {reason}. "
        "To be mended by {due_at}; it then goes to the stage “{resume}”",
    ),
    "story.filing.sent_back": (
        "{who}[（{post}）]从“{stage}”环节退回“{to}”环节，原因：{reason}",
        "{who}[ ({post})] sent it from the stage “{stage}” back to “{to}”. Reason: {reason}",
    ),
    "story.filing.recalled": (
        "{who}[（{post}）]从“{stage}”环节撤回[，原因：{reason}]",
        "{who}[ ({post})] recalled it from the stage “{stage}”[. Reason: {reason}]",
    ),
    "story.filing.rejected": (
        "{who}[（{post}）]在“{stage}”环节不同意，原因：{reason}",
        "{who}[ ({post})] rejected it at the stage “{stage}”. Reason: {reason}",
    ),
    "story.filing.waived": (
        "{who}[（{post}）]准予免报，原因：{reason}",
        "{who}[ ({post})] waived it. Reason: {reason}",
    ),
    "story.filing.amending_begun": (
        "{who}[（{post}）]开始修订，原因：{reason}。原版本继续有效",
        "{who}[ ({post})] began an amendment. Reason: {reason}. The approved revision stays in force",
    ),
    "story.filing.amendment_abandoned": (
        "{who}[（{post}）]放弃修订，原版本继续有效",
        "{who}[ ({post})] abandoned the amendment; the approved revision stays in force",
    ),
    "story.filing.commented": ("{who}[（{post}）]的意见：{text}", "{who}[ ({post})] commented: {text}"),
    "story.filing.reminded": ("已提醒{to}，{due_at} 截止", "A reminder went to {to}: due {due_at}"),
    "story.filing.fell_due": ("已过截止时间，尚未提交", "The due time passed without a submission"),
    "story.filing.lapsed": ("超过期限未提交，已失效", "It was not submitted in time and lapsed"),
    "story.filing.stage_reminded": (
        "已提醒{to}办理“{stage}”环节",
        "A reminder of the stage “{stage}” went to {to}",
    ),
    "story.filing.escalated": (
        "“{stage}”环节超时，{to}也可以办理",
        "The stage “{stage}” is late; {to} may decide as well",
    ),
    "story.inspection.planned": (
        "对{unit}的“{title}”（{period}）列入计划，由{to}安排人员，{due_at} 前完成",
        "“{title}” ({period}) of {unit} was planned, to be arranged by {to}, due {due_at}",
    ),
    "story.inspection.assigned": (
        "{who}[（{post}）]安排检查人员：{people}",
        "{who}[ ({post})] named the inspectors: {people}",
    ),
    "story.inspection.scored": (
        "{who}[（{post}）]对“{item}”评 {points} 分[（满分 {weight} 分）][，依据：{evidence}][，说明：{comment}]",
        "{who}[ ({post})] gave “{item}” {points} points[ of {weight}][, on the evidence of {evidence}][: {comment}]",
    ),
    "story.inspection.signed": (
        "{who}[（{post}）]签字，合计 {total} 分[，问题与建议：{findings}]",
        "{who}[ ({post})] signed at {total} points in all[. Findings: {findings}]",
    ),
    "story.inspection.completed": ("检查人员全部签字", "Every inspector has signed"),
    "story.inspection.notified": (
        "结果（{total} 分）已通知{to}，{answer_by} 前答复",
        "The result, {total} points, was sent to {to}, to be answered by {answer_by}",
    ),
    "story.inspection.acknowledged": (
        "{who}[（{post}）]确认结果[，说明：{comment}]，由{to}在 {review_by} 前复核",
        "{who}[ ({post})] accepted the result[: {comment}], for {to} to review by {review_by}",
    ),
    "story.inspection.acknowledged.silent": (
        "期限内没有答复，视为确认，由{to}在 {review_by} 前复核",
        "No answer came in time, which counts as acceptance; {to} reviews it by {review_by}",
    ),
    "story.inspection.disputed": (
        "{who}[（{post}）]对结果提出异议[，涉及：{items}]，原因：{reason}。由{to}在 {review_by} 前复核",
        "{who}[ ({post})] disputed the result[, on {items}]. Reason: {reason}. For {to} to review by {review_by}",
    ),
    "story.inspection.reviewed": (
        "{who}[（{post}）]完成复核[，调整：{adjustments}][，说明：{note}]",
        "{who}[ ({post})] ruled on the result[. Changed: {adjustments}][. Note: {note}]",
    ),
    "story.inspection.finalised": (
        "结果确定：{result} 分[，等次“{outcome}”][，随后进行“{opens}”]",
        "The result is final: {result} points[, “{outcome}”][, followed by “{opens}”]",
    ),
    "story.inspection.cancelled": (
        "{who}[（{post}）]取消检查，原因：{reason}",
        "{who}[ ({post})] cancelled the inspection. Reason: {reason}",
    ),
    "story.inspection.reminded": ("已提醒办理人员", "A reminder went to whose turn it is"),
    "story.inspection.reviewer_reminded": ("已提醒复核人", "A reminder went to the reviewer"),
    "story.follow_up.opened": (
        "对{unit}的“{title}”已建立，由{leader}牵头、{to}配合，{due_at} 前办理",
        "“{title}” for {unit} was opened, led by {leader} with {to}, due {due_at}",
    ),
    "story.follow_up.commended": (
        "{who}[（{post}）]发布表扬：{text}",
        "{who}[ ({post})] published the commendation: {text}",
    ),
    "story.follow_up.visited": (
        "{who}[（{post}）]登记下校情况：{findings}。由{to}在 {due_at} 前拟定方案",
        "{who}[ ({post})] recorded the visit: {findings}. {to} draws up the plan by {due_at}",
    ),
    "story.follow_up.plan_agreed": (
        "{who}[（{post}）]确定改进方案：{plan}。由{to}在 {due_at} 前核查",
        "{who}[ ({post})] agreed the plan: {plan}. {to} verifies it by {due_at}",
    ),
    "story.follow_up.verified": (
        "{who}[（{post}）]核查通过[，说明：{note}]",
        "{who}[ ({post})] verified it[: {note}]",
    ),
    "story.follow_up.sent_back": (
        "{who}[（{post}）]退回方案，原因：{reason}。由{to}在 {due_at} 前重新拟定",
        "{who}[ ({post})] asked for a better plan. Reason: {reason}. {to} draws it up again by {due_at}",
    ),
    "story.follow_up.cancelled": (
        "{who}[（{post}）]取消跟进，原因：{reason}",
        "{who}[ ({post})] cancelled it. Reason: {reason}",
    ),
    "story.follow_up.reminded": ("已提醒{to}", "A reminder went to {to}"),
    "story.cycle.drafted": (
        "{who}拟定了 {school_year} 学年的周期",
        "{who} drafted the cycle of the school year {school_year}",
    ),
    "story.cycle.published": (
        "{who}发布周期，共 {windows} 个报送期，{starts_at} 开始，{closes_at} 收尾",
        "{who} published the cycle: {windows} windows, from {starts_at} to {closes_at}",
    ),
    "story.cycle.started": ("周期开始", "The cycle began"),
    "story.cycle.window_opened": ("“{window}”（{period}）开启", "“{window}” ({period}) opened"),
    "story.cycle.window_missed": (
        "“{window}”（{period}）在暂停期间已过期，不再开启，无需报送",
        "“{window}” ({period}) lapsed while the cycle was suspended; it was not opened and nobody owes it",
    ),
    "story.cycle.inspecting_begun": ("进入检查评估", "The year-end inspection began"),
    "story.cycle.suspended": ("{who}暂停周期，原因：{reason}", "{who} suspended the cycle. Reason: {reason}"),
    "story.cycle.resumed": ("{who}恢复周期", "{who} resumed the cycle"),
    "story.cycle.closing_begun": ("进入收尾", "Closing began"),
    "story.cycle.archived": ("{who}将周期归档", "{who} archived the cycle"),
    "story.person.registered": ("{who}登记此人[，任职：{posts}]", "{who} registered this person[ as {posts}]"),
    "story.person.name_corrected": ("{who}更正了姓名", "{who} corrected the name"),
    "story.person.appointed": ("{who}增加任职：{appointment}", "{who} added the appointment {appointment}"),
    "story.person.appointment_ended": (
        "{who}将任职“{appointment}”的最后一天定为 {last_day}",
        "{who} set the last day of the appointment “{appointment}” to {last_day}",
    ),
    "story.person.appointment_revoked": (
        "{who}立即结束任职“{appointment}”，{ended_at} 起无效",
        "{who} ended the appointment “{appointment}” at once, from {ended_at}",
    ),
    "story.person.left": ("{who}登记此人离任", "{who} recorded that this person left"),
}

_PATHS: Words = {
    "path.author": ("报送", "Submission"),
    "path.assign": ("安排人员", "Panel"),
    "path.score": ("评分签字", "Scores and signatures"),
    "path.answer": ("单位答复", "Answer of the unit"),
    "path.review": ("复核", "Review"),
    "path.result": ("结果", "Result"),
    "path.commend": ("通报表扬", "Commendation"),
    "path.visit": ("下校", "Visit"),
    "path.plan": ("改进方案", "Plan"),
    "path.verify": ("核查", "Verification"),
    "seal.submitted": ("提交", "Submitted"),
    "seal.agreed": ("同意", "Approved"),
    "seal.returned": ("退回", "Returned"),
    "seal.sent_back": ("退回", "Sent back"),
    "seal.rejected": ("不同意", "Rejected"),
    "seal.waived": ("免报", "Waived"),
    "seal.arranged": ("安排", "Arranged"),
    "seal.signed": ("签字", "Signed"),
    "seal.acknowledged": ("确认", "Accepted"),
    "seal.disputed": ("异议", "Disputed"),
    "seal.reviewed": ("复核", "Reviewed"),
    "seal.commended": ("表扬", "Commended"),
    "seal.visited": ("下校", "Visited"),
    "seal.planned": ("定案", "Agreed"),
    "seal.verified": ("办结", "Verified"),
    "seal.cancelled": ("取消", "Cancelled"),
}

VIEW_WORDS: Words = {**_DEADLINES, **_NAMES, **_STORIES, **_PATHS}
"""Every sentence of the views, by key."""
