"""Words of inspections: the list, the scoring sheet, the answer, the review, the sheet on paper."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    # -- the list
    "web.inspection.list": Message("检查评估", "Inspections"),
    "web.inspection.list_follow_ups": Message("跟进", "Follow-ups"),
    "web.inspection.kinds": Message("检查评估和跟进", "Inspections and follow-ups"),
    "web.inspection.panel": Message("检查人员", "Panel"),
    "web.inspection.no_panel": Message("尚未安排检查人员", "No panel yet"),
    "web.inspection.points": Message("{points} 分", "{points} points"),
    "web.inspection.none": Message("没有符合条件的检查", "No inspection matches"),
    "web.inspection.none_text": Message(
        "检查在学年日程规定的时间列入计划。与您有关的检查会出现在这里。",
        "Inspections are planned when the year's calendar says so. Those that concern you appear here.",
    ),
    "web.inspection.none_follow_ups": Message("没有符合条件的跟进", "No follow-up matches"),
    "web.inspection.none_follow_ups_text": Message(
        "检查结果或报送件的评定引出表扬、帮扶或整改时，会出现在这里。",
        "Commendations, assistance and rectification appear here once a result or a judgement calls for them.",
    ),
    "web.inspection.previous_page": Message("上一页", "Previous page"),
    # -- the head
    "web.inspection.now_with": Message("现在由{who}办理", "Now with {who}"),
    "web.inspection.way": Message("进程", "Where it is"),
    "web.inspection.way_of": Message("经过的环节", "Its steps"),
    "web.inspection.step_done": Message("已办", "done"),
    "web.inspection.step_now": Message("正在办理", "now"),
    "web.inspection.step_next": Message("以后", "to come"),
    "web.inspection.step_left_out": Message("不再进行", "will not be reached"),
    "web.inspection.step_until": Message("{at} 前", "by {at}"),
    "web.inspection.earlier": Message("以前的办理（{count}）", "Earlier ({count})"),
    # -- the panel
    "web.inspection.assign": Message("安排检查人员", "Name the panel"),
    "web.inspection.reassign": Message("调整检查人员", "Change the panel"),
    "web.inspection.assign_help": Message(
        "请选择 {panel} 人。在被检查单位任职的应当回避，不能选择。",
        "Choose {panel}. Whoever holds a post at the inspected unit stands aside and cannot be chosen.",
    ),
    "web.inspection.reassign_help": Message(
        "调整后，已有的评分保留，已有的签字作废，由新的检查人员重新签字。",
        "Scores given so far stay. Signatures given so far no longer hold: the new panel signs anew.",
    ),
    "web.inspection.load": Message("手上另有 {count} 次检查", "{count} other inspections in hand"),
    "web.inspection.load_one": Message("手上另有 1 次检查", "1 other inspection in hand"),
    "web.inspection.load_none": Message("手上没有其他检查", "no other inspection in hand"),
    "web.inspection.aside": Message("在被检查单位任职，应当回避", "holds a post at the inspected unit, stands aside"),
    "web.inspection.no_candidates": Message(
        "目前没有人担任“{post}”，无法安排。请先在“人员单位”中登记任职。",
        "Nobody holds the post “{post}” now, so no panel can be named. Enter an appointment in the directory first.",
    ),
    "web.inspection.assign_go": Message("确定名单", "Name them"),
    "web.inspection.cancel": Message("取消检查", "Cancel the inspection"),
    "web.inspection.cancel_help": Message(
        "取消后不再评分，也没有结果，已有的评分只留在历史中。此事不能撤回，原因将通知有关人员并留痕。",
        "There will be no more scoring and no result; scores given so far remain in the history only. "
        "This cannot be undone, and the reason stays on record.",
    ),
    "web.inspection.cancel_reason": Message("取消的原因", "Why it is cancelled"),
    # -- the sheet
    "web.inspection.sheet": Message("评分表", "Scoring sheet"),
    "web.inspection.sheet_parts": Message("评分表目录", "Parts of the sheet"),
    "web.inspection.part_open": Message("还有 {count} 项", "{count} open"),
    "web.inspection.part_done": Message("已评完", "all scored"),
    "web.inspection.worth": Message("满分 {weight}", "worth {weight}"),
    "web.inspection.tap_full": Message("满分", "full"),
    "web.inspection.tap_most": Message("¾", "¾"),
    "web.inspection.tap_most_about": Message("约 ¾", "about ¾"),
    "web.inspection.tap_half_about": Message("约一半", "about half"),
    "web.inspection.tap_half": Message("一半", "half"),
    "web.inspection.tap_none": Message("不得分", "none"),
    "web.inspection.tap_label": Message(
        "第 {number} 项给 {points} 分（{part}）", "Item {number}: {points} points ({part})"
    ),
    "web.inspection.exact": Message("其他分数", "Other"),
    "web.inspection.exact_label": Message("第 {number} 项得分，可到一位小数", "Points of item {number}, to a tenth"),
    "web.inspection.more": Message("依据和说明", "Evidence and comment"),
    "web.inspection.filed": Message("台账中的报送件", "Filings in the ledger"),
    "web.inspection.filed_help": Message("勾选即引用为依据。", "Tick to cite as evidence."),
    "web.inspection.filed_overdue": Message("逾期 {count}", "{count} late"),
    "web.inspection.filed_all": Message("查看全部 {count} 件", "See all {count}"),
    "web.inspection.cite": Message("{title}（{unit}，{span}）", "{title} ({unit}, {span})"),
    "web.inspection.cite_line": Message("其他依据", "Other evidence"),
    "web.inspection.cite_help": Message(
        "写明看了什么，例如“集体备课记录 10 月第 2 次”。", "What you looked at, such as “minutes of 12 October”."
    ),
    "web.inspection.comment": Message("评分说明", "Comment"),
    "web.inspection.comment_help": Message("被检查单位会看到。", "The inspected unit will read it."),
    "web.inspection.save_item": Message("保存此项", "Save this item"),
    "web.inspection.save_all": Message("保存", "Save"),
    "web.inspection.by": Message("{name}，{at}", "{name}, {at}"),
    "web.inspection.total": Message("合计", "Total"),
    "web.inspection.total_of": Message("{total} / {worth} 分", "{total} / {worth}"),
    "web.inspection.open_of": Message("还有 {left} 项未评", "{left} of {count} not scored"),
    "web.inspection.next_open": Message("下一项", "Next"),
    "web.inspection.all_scored": Message("{count} 项已全部评分", "All {count} items are scored"),
    "web.inspection.to_sign": Message("去签字", "Go and sign"),
    "web.inspection.offline_help": Message(
        "没有信号时照常评分：分数先留在本机，有网络后自动送出。请不要关闭本页。",
        "Go on scoring without a signal: scores stay on this device and are sent when the network is back. "
        "Keep this page open.",
    ),
    "web.inspection.saved": Message("已保存 {clock}", "Saved {clock}"),
    "web.inspection.sending": Message("正在保存", "Saving"),
    "web.inspection.held": Message("未送出，已留在本机", "Not sent, kept on this device"),
    "web.inspection.held_count": Message("{count} 项留在本机，未送出", "{count} kept here, not sent"),
    "web.inspection.held_sign": Message(
        "还有分数没有送出，暂不能签字。有网络后会自动送出，请稍候。",
        "Some scores are not sent yet, so signing waits. They are sent when the network is back.",
    ),
    "web.inspection.signed_out": Message(
        "登录已过期，分数已留在本机。请重新登录后回到本页，会自动送出。",
        "Your sign-in has expired; scores are kept on this device. Sign in and come back here to send them.",
    ),
    "web.inspection.moved": Message(
        "{name} 在 {clock} 已给此项评 {points} 分，您的 {mine} 分没有保存，仍在这里。商定后再按一次，即以您的为准。",
        "{name} gave this item {points} at {clock}. Your {mine} is not saved but still here. Agree with each other; "
        "press again to let yours stand.",
    ),
    "web.inspection.moved_away": Message(
        "此项的评分刚被撤去，您的 {mine} 分没有保存，仍在这里。请再按一次保存。",
        "This item's score was just taken away. Your {mine} is not saved but still here; press again to save it.",
    ),
    "web.inspection.points_missing": Message(
        "此项还没有给分。请先给分，依据和说明会一并保存。",
        "This item has no points yet. Give points; evidence and comment are saved with them.",
    ),
    "web.inspection.points_wrong": Message(
        "此项应填写 0 到满分之间的数，最多一位小数，例如 3.5。",
        "Enter a number from 0 to what it is worth, to a tenth at most, such as 3.5.",
    ),
    "web.inspection.will_unsign": Message(
        "已有 {count} 人签字。改动任何一项，所有签字都会作废，需要重新签字。",
        "{count} have signed. Changing any item takes back every signature.",
    ),
    "web.inspection.you_signed": Message("您已签字。等其他检查人员签字。", "You have signed. The others sign next."),
    "web.inspection.edit_after": Message("修改评分（签字将作废）", "Change scores (takes back the signatures)"),
    # -- signing
    "web.inspection.sign": Message("签字", "Sign"),
    "web.inspection.sign_means": Message(
        "签字表示您认可全部 {count} 项的得分，合计 {total} 分。全部检查人员签字后，结果通知被检查单位，不能再改。",
        "By signing you stand by all {count} scores, {total} points in all. Once every inspector has signed, the unit "
        "is told and nothing can be changed.",
    ),
    "web.inspection.sign_missing": Message(
        "还有 {count} 项没有评分，评完才能签字：", "{count} items have no score yet; score them, then sign:"
    ),
    "web.inspection.missing_item": Message(
        "第 {number} 项还没有评分：{item}", "Item {number} has no score yet: {item}"
    ),
    "web.inspection.findings": Message("存在问题或改进建议", "Problems and suggestions"),
    "web.inspection.findings_help": Message(
        "写给被检查单位，每位检查人员的意见都会列出。", "For the unit; what each inspector writes is listed."
    ),
    "web.inspection.sign_go": Message("签字", "Sign"),
    "web.inspection.unsigned": Message("尚未签字：{names}", "Not signed yet: {names}"),
    # -- what everybody reads
    "web.inspection.scores": Message("评分", "Scores"),
    "web.inspection.see_scores": Message("查看各项得分和说明", "See every score with its comment"),
    "web.inspection.provisional": Message(
        "评分尚未完成，分数在签字前可能变动。", "Scoring is under way; points may change until everybody has signed."
    ),
    "web.inspection.not_scored": Message("未评", "–"),
    "web.inspection.was": Message("复核前 {points}", "before the review {points}"),
    "web.inspection.evidence": Message("依据", "Evidence"),
    "web.inspection.disputed_mark": Message("有异议", "disputed"),
    "web.inspection.nothing_yet": Message("还没有评分", "Nothing is scored yet"),
    "web.inspection.nothing_yet_text": Message(
        "检查人员评分并全部签字后，会通知单位答复。",
        "The panel scores and signs; the unit is then asked for its answer.",
    ),
    "web.inspection.answer_later": Message(
        "检查人员全部签字后，会请您在 {days} 个工作日内答复。",
        "Once every inspector has signed, you will be asked to answer within {days} workdays.",
    ),
    "web.inspection.print_sheet": Message("打印评分表", "Print the sheet"),
    "web.inspection.audit": Message("留痕与回放", "Audit trail and replay"),
    # -- the answer
    "web.inspection.answer": Message("答复", "Answer"),
    "web.inspection.answer_until": Message(
        "请在 {at} 前答复（{left}）。期限内没有答复，视为确认。",
        "Answer by {at} ({left}). No answer by then counts as acceptance.",
    ),
    "web.inspection.acknowledge": Message("确认结果", "Accept the result"),
    "web.inspection.acknowledge_comment": Message("说明", "Comment"),
    "web.inspection.dispute": Message("提出异议", "Dispute the result"),
    "web.inspection.dispute_help": Message(
        "写明异议和理由，由{post}复核后定。一次检查只能答复一次。",
        "Say what you object to and why; {post} rules on it. There is one answer to an inspection.",
    ),
    "web.inspection.dispute_items": Message("对哪几项有异议", "Which items"),
    "web.inspection.dispute_reason": Message("异议的理由", "Why you object"),
    "web.inspection.dispute_go": Message("提出异议", "Send the dispute"),
    "web.inspection.the_answer": Message("单位的答复", "The unit's answer"),
    "web.inspection.silent": Message(
        "期限内没有答复，视为确认。", "No answer came in time, which counts as acceptance."
    ),
    "web.inspection.disputes": Message("有异议的项目：", "Disputed items:"),
    # -- the review
    "web.inspection.review": Message("复核", "Review"),
    "web.inspection.review_means": Message(
        "请在 {at} 前复核（{left}）。完成复核后结果即定，不能再改，并通知单位。",
        "Review by {at} ({left}). Once you have ruled the result is final, and the unit is told.",
    ),
    "web.inspection.review_disputed": Message("有异议的项目", "Disputed items"),
    "web.inspection.review_all": Message("逐项得分（{count}）", "Item by item ({count})"),
    "web.inspection.review_others": Message("其他项目（{count}）", "The other items ({count})"),
    "web.inspection.review_points": Message("复核得分", "Points after review"),
    "web.inspection.review_reason": Message("调整的理由", "Why it changes"),
    "web.inspection.review_reason_help": Message(
        "没有改动的项目不用填写；改分必须写明理由。",
        "Leave items alone that stay as they are; a change needs its reason.",
    ),
    "web.inspection.review_given": Message("检查得分 {points} / {weight}", "Given {points} of {weight}"),
    "web.inspection.review_note": Message("复核说明", "Note"),
    "web.inspection.review_go": Message("完成复核", "Complete the review"),
    "web.inspection.the_review": Message("复核意见", "The review"),
    # -- the result
    "web.inspection.result": Message("最后结果", "Final result"),
    "web.inspection.bands": Message("等次", "Bands"),
    "web.inspection.band_from": Message("{points} 分及以上", "from {points} points"),
    "web.inspection.band_opens": Message("随后：{title}", "then: {title}"),
    "web.inspection.follows": Message("随后", "What follows"),
    "web.inspection.follows_none": Message("没有后续事项。", "Nothing follows."),
    # -- the history
    "web.inspection.history": Message("办理经过", "History"),
    "web.inspection.history_scores": Message("评分 {count} 次", "Scored {count} times"),
    # -- on paper
    "web.inspection.paper_group": Message("项目", "Part"),
    "web.inspection.paper_item": Message("督查内容", "Item"),
    "web.inspection.paper_method": Message("督查方式", "How checked"),
    "web.inspection.paper_weight": Message("权重", "Weight"),
    "web.inspection.paper_points": Message("实评分", "Points"),
    "web.inspection.paper_note": Message("依据与说明", "Evidence and comment"),
    "web.inspection.paper_unit": Message("被检查单位：{unit}", "Inspected unit: {unit}"),
    "web.inspection.paper_when": Message("时段：{period}", "Period: {period}"),
    "web.inspection.paper_total": Message("合计", "Total"),
    "web.inspection.paper_panel": Message("检查人员签字", "Signatures of the panel"),
    "web.inspection.paper_answer": Message("单位答复", "Answer of the unit"),
    "web.inspection.paper_review": Message("复核", "Review"),
    "web.inspection.paper_outcome": Message("等次：{outcome}", "Outcome: {outcome}"),
    "web.inspection.paper_back": Message("回到检查页面", "Back to the inspection"),
    "web.inspection.paper_blank": Message("（未签）", "(not signed)"),
    "web.inspection.paper_go": Message(
        "请用浏览器的“打印”功能打印本页，A4 纵向。", "Print this page from your browser, on A4."
    ),
    # -- what was done
    "web.said.inspection.assign": Message("检查人员已确定，并已通知本人。", "The panel is named and told."),
    "web.said.inspection.cancel": Message("检查已取消。", "The inspection is cancelled."),
    "web.said.inspection.score": Message("评分已保存。", "The scores are saved."),
    "web.said.inspection.sign": Message("已签字。", "Signed."),
    "web.said.inspection.acknowledge": Message(
        "已确认结果。复核后结果即定。", "You have accepted the result. It is final after the review."
    ),
    "web.said.inspection.dispute": Message("异议已提出，由复核人办理。", "Your dispute is sent and will be ruled on."),
    "web.said.inspection.review": Message("复核已完成，结果随即确定。", "The review is complete; the result follows."),
}
