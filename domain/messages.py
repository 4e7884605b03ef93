"""Everything the product says, in Chinese and English, by key; and how a sentence is filled in.

The rest of the domain speaks in codes. A message says what happened, what it means and what to do, in plain official
language and without blame. Keys: `refusal.<code>`, `problem.title`, `notice.<code>`, `status.<machine>.<status>`,
`command.<machine>.<command>`, `event.<stored type>`, `task.<kind>`, `condition.<fault>`, and the words for values:
`kind.<unit kind>`, `right.<right>`. What the views of the domain say is in `domain.view_words`, in the same catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import chain
from string import Formatter
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from domain.view_words import VIEW_WORDS

Lang = Literal["zh", "en"]


class Message(NamedTuple):
    """One sentence in both languages, with `{param}` placeholders.

    A part in `[brackets]` is left out when a param of it is missing.
    """

    zh: str
    en: str


BEIJING = ZoneInfo("Asia/Shanghai")
UNKNOWN = "…"
"""Stands where a sentence wants something that it was not given."""

_REFUSALS: Mapping[str, Message] = {
    # -- the state does not allow it now
    "not_started": Message(
        "“{command}”的对象还没有建立。请从列表中打开已有的事项再办理。",
        "There is nothing yet to “{command}”. Open an existing item from the list.",
    ),
    "already_started": Message(
        "该事项已经建立，不必重复“{command}”。请直接打开已有的事项。",
        "This already exists; “{command}” is not needed again. Open the existing item.",
    ),
    "not_now": Message(
        "该事项目前为“{status}”，不能“{command}”。请刷新页面，查看现在可以办理的操作。",
        "This is “{status}” now, so “{command}” is not possible. Reload the page to see what can be done.",
    ),
    "alarm_not_due": Message(
        "这一步到时间后由系统自动办理，现在时间未到或已经办过。您不需要操作。",
        "The system does this by itself when its time comes; it is too early, or it is done already. Nothing to do.",
    ),
    "no_amendment": Message(
        "此报送件没有正在进行的变更，无需放弃。请修改后重新提交。",
        "This filing has no amendment under way, so there is none to abandon. Mend it and submit it again.",
    ),
    "in_force_stays": Message(
        "此报送件已有通过的版本在用，不能免报。如不再变更，请由报送人撤回并放弃变更。",
        "An approved revision of this filing is in force, so it cannot be waived. "
        "To stop the amendment, let its author recall and abandon it.",
    ),
    "already_agreed": Message(
        "您在本环节已经同意，意见有效。现在等待其他审批人。",
        "You have agreed at this stage and your agreement counts. The other deciders are awaited.",
    ),
    "already_signed": Message(
        "您已经签字，签字有效。现在等待其他检查人员签字。",
        "You have signed and your signature counts. The other inspectors are awaited.",
    ),
    "items_missing": Message(
        "还有项目没有评分：第 {items} 项。请全部评分后再签字。",
        "These items have no score yet: no. {items}. Score them all, then sign.",
    ),
    "not_a_commendation": Message(
        "此项跟进不是通报表扬。请先登记下校情况。",
        "This follow-up is not a commendation. Record the visit first.",
    ),
    "no_visit_for_commendation": Message(
        "通报表扬不需要下校。请直接发布表扬内容。",
        "A commendation needs no visit. Publish its text.",
    ),
    # -- this person may not
    "only_system": Message(
        "这一步由系统按日程自动办理。您不需要操作。",
        "The system does this by the calendar; nobody needs to do it by hand.",
    ),
    "right_missing": Message(
        "办理此事需要“{right}”权限，您在该单位没有这项权限。如需办理，请联系本单位管理员调整任职。",
        "This needs the right “{right}”, which you do not have at this unit. "
        "Ask your administrator to change your appointment.",
    ),
    "not_yours": Message(
        "您的任职不包含查看此事项的权限。如确需查看，请联系本单位管理员。",
        "Your appointments do not let you see this. Ask your administrator if you need to.",
    ),
    "not_author": Message(
        "此报送件由其报送人办理。您可以催办，或联系报送人。",
        "Its author takes care of this filing. You can urge or contact the author.",
    ),
    "not_decider": Message(
        "现在处于“{stage}”环节，由该环节的审批人办理。轮到您时会出现在“我的待办”。",
        "This is at the stage “{stage}”, for its deciders. It will be on your desk when it is your turn.",
    ),
    "not_at_stage": Message(
        "此报送件已不在该环节，未作处理。请刷新页面，查看它现在到了哪里。",
        "The filing is no longer at that stage, so nothing was done. Reload the page to see where it is now.",
    ),
    "which_stage": Message(
        "此报送件同时在几个环节：{choices}。请选定您要办理的环节。",
        "The filing is at several stages at once: {choices}. Choose the one you mean.",
    ),
    "stage_unknown": Message(
        "此报送件的审批流里没有“{stage}”环节。请刷新页面后重新选择。",
        "The path of this filing has no stage “{stage}”. Reload the page and choose again.",
    ),
    "stage_counts_no_votes": Message(
        "本环节不采用票签，不能投反对票。可以退回并写明原因。",
        "This stage counts no votes, so there is no voting against. Return the filing with a reason instead.",
    ),
    "recall_asked_already": Message(
        "撤回申请已经提出，正等审批人答复。可以催办或联系审批人。",
        "The recall has been asked for and waits for the deciders. You can urge or contact them.",
    ),
    "no_recall_asked": Message(
        "报送人没有申请撤回，或者已经答复。请刷新页面查看。",
        "The author has not asked to recall it, or it is answered already. Reload the page.",
    ),
    "nothing_due": Message(
        "此报送件已有生效的版本，变更没有截止时间，不需要延期。修改好后提交即可。",
        "A revision is in force and an amendment has no due time, so no extension is needed. Submit it when ready.",
    ),
    "extension_asked_already": Message(
        "延期申请已经提出，正等主管部门答复。答复之前仍按原截止时间办理。",
        "An extension has been asked for and waits for the office. Until it answers, the due time stays.",
    ),
    "nobody_extends": Message(
        "此件不出本单位，主管部门看不到，无法答复延期。请在失效以前提交，逾期仍可报送。",
        "This filing stays within its unit, so no office can answer. Submit it before it lapses; late is possible.",
    ),
    "no_extension_asked": Message(
        "报送人没有申请延期，或者已经答复。请刷新页面查看。",
        "The author has not asked for an extension, or it is answered already. Reload the page.",
    ),
    "not_later": Message(
        "延期后的日期要晚于今天和现在的截止时间（{due}）。请另选一天。",
        "The new day must be after today and after the present due time ({due}). Choose a later day.",
    ),
    "nothing_to_mark": Message(
        "没有抄送给您本人的未阅内容，或者您已经标记已阅；已阅只能由收到抄送的人本人标记。不需要再办理。",
        "There is no unread copy for you here, or you have marked it already; only whoever was sent a copy marks it as "
        "read. Nothing to do.",
    ),
    "copied_already": Message(
        "选定的人都已收到抄送，不必重复。要再次提醒，可以填写意见并提到他们。",
        "Everybody named has a copy already. To remind them, write a comment that mentions them.",
    ),
    "urged_already": Message(
        "{hours} 小时内只能催办一次，{again} 以后可以再催。也可以直接联系审批人。",
        "Urging is possible once in {hours} hours; again after {again}. You can also contact the deciders directly.",
    ),
    "no_part_in_it": Message(
        "只有报送人、审批人和主管部门可以抄送。需要抄送的，请由他们办理。",
        "Only its author, its deciders and the office may send copies. Ask one of them to send it.",
    ),
    "choose_deciders": Message(
        "“{stage}”环节由您选定审批人。请至少选一人。",
        "You choose who decides at the stage “{stage}”. Choose at least one person.",
    ),
    "not_to_be_chosen": Message(
        "{person}不能在“{stage}”环节审批：不在可选范围内，或者就是报送人。请另选一人。",
        "{person} cannot decide at the stage “{stage}”: not among those to choose from, or an author. "
        "Choose somebody else.",
    ),
    "nobody_to_choose": Message(
        "这里不需要选定审批人（{stage}）。请去掉所选的人后再提交。",
        "No decider is to be chosen here ({stage}). Leave the choice out and send it again.",
    ),
    "decides_already": Message(
        "{person}本来就参加本环节审批，不必再转交。请另选一人。",
        "{person} decides at this stage already. Choose somebody else.",
    ),
    "decided_already": Message(
        "{person}已经对此报送件作过审批，不能再接手。请另选一人。",
        "{person} has decided on this filing already and cannot take this on. Choose somebody else.",
    ),
    "too_far_off": Message(
        "新的截止日期不能晚于今天之后 {days} 天。请选一个较近的日期。",
        "The new due date may lie at most {days} days ahead. Choose an earlier one.",
    ),
    "author_cannot_decide": Message(
        "{person}是此件的报送人，不能审批自己的报送件。请另选一人。",
        "{person} is an author of this filing and cannot decide it. Choose somebody else.",
    ),
    "holds_no_post": Message(
        "{person}目前没有任职，不能办理。请另选一位在任人员。",
        "{person} holds no post now and cannot take this on. Choose somebody who does.",
    ),
    "may_not_read": Message(
        "{person}无权查看此报送件，不能发给他。请先核对人选。",
        "{person} may not read this filing, so it cannot go to them. Check whom you mean.",
    ),
    "nothing_to_hand_over": Message(
        "此件没有等他办理的事项。不需要交接。",
        "Nothing here waits for this person. There is nothing to hand over.",
    ),
    "nothing_changed_here": Message(
        "任职变动没有影响此报送件的审批人。不需要调整。",
        "The change of posts does not touch who decides this filing. Nothing to do.",
    ),
    "own_filing": Message(
        "这是您提交或应报的报送件，本人不能审批。请由同岗位的其他人员或上一级办理。",
        "You handed in or owe this filing, and nobody decides on their own. "
        "Somebody else who holds the post, or the next level, decides.",
    ),
    "own_filing_office": Message(
        "这是您（或您所代理的人）提交、应报或申请的报送件，免报、延期、作废不能由本人决定。"
        "请由其他岗位有此权限的人员或上一级办理；没有的，请照常提交，逾期仍可报送。",
        "You, or whom you act for, owe this filing, handed it in or asked for this: nobody waives, extends or voids "
        "their own. Ask somebody with this right in another post, or the level above; where there is none, submit it, "
        "late too.",
    ),
    "own_recall": Message(
        "撤回是您（或您所代理的人）申请的，不能由本人答复。请由其他审批人答复；也可以直接退回。",
        "You, or whom you act for, asked for this recall, so somebody else who decides here answers. "
        "You can also return it.",
    ),
    "nobody_else_extends": Message(
        "能答复延期的只有应报此件的人自己，无人可以答复。请照常提交，逾期仍可报送；或请上一级的管理员安排。",
        "Only those who owe this filing could answer, so nobody can. Submit it, late too, or ask the administrator of "
        "the level above.",
    ),
    "stage_may_not_reject": Message(
        "本环节可以同意或退回，不能作出“不同意”的结论。如有问题，请退回并说明原因。",
        "This stage may approve or return, not reject. If something is wrong, return it with the reason.",
    ),
    "not_arranger": Message(
        "安排检查人员由检查的组织者负责。如需调整，请联系组织者。",
        "The arranger of the inspection names the inspectors. Contact the arranger for a change.",
    ),
    "not_inspector": Message(
        "您不在本次检查的人员名单中。如应参加，请联系组织者安排。",
        "You are not on this inspection's panel. If you should be, ask the arranger.",
    ),
    "inspects_own_unit": Message(
        "{person}在被检查单位任职，应当回避。请由组织者另行安排检查人员。",
        "{person} holds an appointment at the inspected unit and stands aside. The arranger names another inspector.",
    ),
    "no_inspector_any_more": Message(
        "{person}已不再担任检查人员所需的职务，不能评分或签名。请由组织者另行安排检查人员。",
        "{person} no longer holds the post that inspectors come from, so does not score or sign. "
        "The arranger names another inspector.",
    ),
    "not_answerer": Message(
        "此事由被检查或被跟进的单位负责人办理。请联系该单位。",
        "The unit concerned answers here, through its own post. Contact the unit.",
    ),
    "not_reviewer": Message(
        "复核由指定的复核人办理。请等待复核结果。",
        "The appointed reviewer rules on this. Wait for the ruling.",
    ),
    "own_inspection": Message(
        "您参加了本次评分，复核应当回避。请由其他复核人办理。",
        "You scored this inspection yourself and stand aside from its review. Another reviewer rules.",
    ),
    "own_answer": Message(
        "您也是被检查单位的答复人，复核应当回避。请由其他复核人办理。",
        "You also answer for the inspected unit and stand aside from the review. Another reviewer rules.",
    ),
    "not_leader": Message(
        "此项跟进由牵头人办理。请联系牵头人。",
        "Whoever leads this follow-up does this. Contact the leader.",
    ),
    # -- the content is wrong
    "adopting_wants_reason": Message(
        "换用方案须说明原因，原因记入台账。请填写，例如批复文号。",
        "Putting other rules in force takes a reason, which the ledger keeps. Give one, such as the decision’s number.",
    ),
    "keeper_lost": Message(
        "按所选方案，您现任的职务不再管理人员单位，采用后您就无法再换用其他方案。请保留管理人员单位的职务，或由其他人采用。",
        "Under these rules none of your posts keeps the directory, so you could not put others in force again. "
        "Keep the role that keeps the directory, or let somebody else adopt them.",
    ),
    "rules_unchanged": Message(
        "选的方案就是现在所用的方案，没有什么可改。请选择另一个版本。",
        "These are the rules that it goes by already; there is nothing to change. Choose another version.",
    ),
    "rules_without_duty": Message(
        "新方案中没有“{title}”这项任务，此报送件不能改按新方案办理。请仍按原方案办完。",
        "The new rules have no duty “{title}”, so this filing cannot go by them. Let it go on by its own rules.",
    ),
    "nothing_moves": Message(
        "此报送件已按所选方案办理，流程和时限都没有变化。不需要变更。",
        "This filing goes by these rules already, and neither its path nor its times would change. Nothing to do.",
    ),
    "author_has_it": Message(
        "此报送件现在报送人手中，没有可以退回的环节。请选择“改按新方案”。",
        "The author has this filing now, so there is no stage to send it back to. Choose to move it.",
    ),
    "nobody_left_to_decide": Message(
        "按新方案，此报送件后面没有环节再审，会无人决定就通过。请退回某一环节或报送人，或者仍按原方案办理。",
        "Under the new rules no stage is left to decide on this filing; it would pass with nobody’s decision. "
        "Send it back to a stage or to its author, or leave it on its rules.",
    ),
    "not_behind_it": Message(
        "只能退回到新流程中已经过的环节或现在的环节。请从中选择：{choices}。",
        "It can only go back to stages of the new path that are behind it, or to where it stands. "
        "Choose one of: {choices}.",
    ),
    "school_year_out_of_range": Message(
        "学年 {year} 超出范围。请填写 2000 至 2100 之间的年份。",
        "The school year {year} is out of range. Enter a year from 2000 to 2100.",
    ),
    "unit_unknown": Message(
        "研修方案中没有单位“{unit}”。请从单位列表中选择。",
        "The programme has no unit “{unit}”. Choose one from the list of units.",
    ),
    "unit_taken": Message(
        "单位编号“{unit}”已经使用。请换一个编号；如单位已撤销，可以恢复。",
        "The unit id “{unit}” is in use. Choose another; a closed unit can be reopened.",
    ),
    "unit_closed": Message(
        "“{unit}”已经撤销，不再办理新的事项。如撤销有误，请先恢复该单位。",
        "“{unit}” has been closed, so nothing new is begun there. If that was a mistake, reopen it first.",
    ),
    "subject_unknown": Message(
        "研修方案中没有学科“{subject}”。请从学科列表中选择。",
        "The programme has no subject “{subject}”. Choose one from the list of subjects.",
    ),
    "parent_missing": Message(
        "最上级单位只有一个。请为新单位选择上级单位。",
        "There is one unit at the top already. Choose the unit above the new one.",
    ),
    "kinds_out_of_order": Message(
        "{kind}不能设在“{parent}”之下。请选择层级更高的上级单位。",
        "A {kind} cannot stand below “{parent}”. Choose a unit of a higher level.",
    ),
    "unit_below_itself": Message(
        "单位不能移到自己或下级单位之下。请选择其他上级单位。",
        "A unit cannot be moved below itself or a unit below it. Choose another.",
    ),
    "unit_unchanged": Message(
        "内容与现在相同，没有变动。如不需要修改，请返回。",
        "This is what it is now, so nothing was changed. Go back if no change is needed.",
    ),
    "unit_has_units": Message(
        "该单位还有 {count} 个下级单位，不能撤销。请先移走或撤销下级单位。",
        "There are still {count} units directly below, so it cannot be closed. Move or close them first.",
    ),
    "root_stays": Message(
        "最上级单位是整个单位树的根，不能移动，也不能撤销。可以更名，或移动、撤销它的下级单位。",
        "The unit at the top holds the tree, so it can be neither moved nor closed. Rename it, or move or close units "
        "below it.",
    ),
    "parent_closed": Message(
        "上级单位已经撤销，不能恢复该单位。请先恢复上级单位。",
        "The unit above it is closed, so it cannot be reopened. Reopen the one above first.",
    ),
    "no_unit_of_kind": Message(
        "单位“{unit}”及其上级中没有“{kind}”。请检查研修方案中的单位层级。",
        "There is no {kind} at or above the unit “{unit}”. Check the units of the programme.",
    ),
    "field_unknown": Message(
        "表中没有“{field}”这一栏。请去掉这一栏后再提交。",
        "The form has no field “{field}”. Remove it and submit again.",
    ),
    "field_missing": Message(
        "“{field}”还没有填写。请填写后再提交。",
        "“{field}” is not filled in yet. Fill it in and submit again.",
    ),
    "choice_unknown": Message(
        "填写的内容不在可选项中。请从下列各项中选择：{choices}。",
        "This is not one of the choices. Choose one of: {choices}.",
    ),
    "not_a_list": Message(
        "此栏应逐条填写。请每条单独填一行。",
        "This field is a list. Enter one item per line.",
    ),
    "too_many": Message(
        "此栏最多填写 {limit} 条。请合并或删减后再提交。",
        "This field takes at most {limit} entries. Merge or remove some and submit again.",
    ),
    "not_a_row": Message(
        "此行不是表格的一行。请按表头逐格填写。",
        "This is not a row of the table. Fill in the cells under its headings.",
    ),
    "not_text": Message(
        "此栏应填写文字。请改为文字后再提交。",
        "This field takes text. Enter text and submit again.",
    ),
    "too_long": Message(
        "此栏最多 {limit} 字，现有 {length} 字。请精简后再提交。",
        "This field takes at most {limit} characters and has {length}. Shorten it and submit again.",
    ),
    "content_too_large": Message(
        "全部内容最多 {limit} KB，现有 {length} KB。请精简后再提交。",
        "The whole content may be {limit} KB at most and is {length} KB. Shorten it and submit again.",
    ),
    "unstorable": Message(
        "此栏含有无法保存的字符。请删除从其他软件粘贴来的异常字符后再提交。",
        "This field has a character that cannot be stored. Remove the odd characters pasted from elsewhere.",
    ),
    "negative_number": Message(
        "此栏不能是负数。请填写 0 或正整数。",
        "This field takes no negative number. Enter 0 or more.",
    ),
    "not_a_number": Message(
        "此栏应填写整数。请只填数字，不带小数和单位。",
        "This field takes a whole number. Enter digits only, without decimals or units.",
    ),
    "not_a_date": Message(
        "此栏应填写日期。请按 2026-09-01 的格式填写。",
        "This field takes a date. Write it like 2026-09-01.",
    ),
    "nothing_changed": Message(
        "内容与已通过的版本相同，没有提交。请修改后再提交，或放弃变更。",
        "The content is the same as the approved revision and was not submitted. Change it, or abandon the amendment.",
    ),
    "judgement_needed": Message(
        "本环节需要同时给出评定。请选择：{choices}。",
        "This stage also judges. Choose one of: {choices}.",
    ),
    "judgement_unknown": Message(
        "本环节没有这项评定。可选择的评定：{choices}。",
        "This stage has no such judgement. There are: {choices}.",
    ),
    "not_an_earlier_stage": Message(
        "只能退回给报送人或前面的环节。前面的环节：{choices}。",
        "Return it to its author or to an earlier stage. The earlier stages are: {choices}.",
    ),
    "inspector_twice": Message(
        "名单中有人重复。请去掉重复的人员。",
        "Somebody is on the list twice. Remove the repeated name.",
    ),
    "panel_size": Message(
        "本次检查需要 {panel} 名检查人员，现有 {named} 名。请增减到规定人数。",
        "This inspection needs {panel} inspectors and {named} are named. Name exactly as many as needed.",
    ),
    "not_an_expert": Message(
        "{person}目前不在可以担任检查人员的名单中。请从名单中选择其他人员。",
        "{person} does not hold the post that inspectors come from. Choose somebody who does.",
    ),
    "item_unknown": Message(
        "评分表中没有项目“{item}”。请从评分表中选择。",
        "The sheet has no item “{item}”. Choose one from the sheet.",
    ),
    "points_over_weight": Message(
        "此项满分 {weight} 分，填写了 {points} 分。请填写不超过满分的分数。",
        "This item is worth {weight} points at most; {points} were entered. Enter no more than it is worth.",
    ),
    "role_unknown": Message(
        "研修方案中没有岗位“{role}”。请从岗位列表中选择。",
        "The programme has no role “{role}”. Choose one from the list of roles.",
    ),
    "role_not_at_unit": Message(
        "“{role}”不设在这类单位。请选择设有该岗位的单位。",
        "There is no “{role}” at units of this kind. Choose a unit that has the role.",
    ),
    "ends_before_it_begins": Message(
        "任职的结束日期早于开始日期。请检查两个日期。",
        "The appointment would end before it begins. Check both dates.",
    ),
    "nothing_to_revise": Message(
        "没有写明要更改什么。请填写新的姓名、要结束的任职或新的任职。",
        "Nothing to change was given. Give a new name, posts that end or posts that begin.",
    ),
    "appointment_twice": Message(
        "任职编号“{id}”已经使用。请换一个编号。",
        "The appointment id “{id}” is in use. Choose another.",
    ),
    "begins_ended": Message(
        "新的任职不能带有结束时间。请先增加任职，再办理结束。",
        "A new appointment cannot come ended. Enter it first, then end it.",
    ),
    "successor_is_leaver": Message(
        "接手人不能是交接人本人。请选择其他人员。",
        "Nobody hands over to themself. Choose somebody else as the successor.",
    ),
    "successor_without_post": Message(
        "接手人目前没有任职，接手后无法办理。请同时移交任职，或先为其登记任职。",
        "The successor holds no post, so nothing could be done by them. Hand over a post too, or appoint them first.",
    ),
    "nothing_handed_over": Message(
        "没有选择要移交的任职，也没有选择离任，没有需要交接的内容。请至少选择一项。",
        "Neither a post nor leaving was chosen, so there is nothing to hand over. Choose at least one.",
    ),
    "delegate_to_oneself": Message(
        "不能由本人代理本人。请选择其他人员。",
        "Nobody acts in their own stead. Choose somebody else.",
    ),
    "delegate_without_post": Message(
        "所选人员目前没有任职，或已离任，不能代理。请选择在任人员。",
        "Whoever was chosen holds no post, or has left, and cannot act for others. Choose somebody with a post.",
    ),
    "nothing_to_delegate": Message(
        "此人在所选日期没有任职，没有可以代理的事项。请先登记任职，或另选日期。",
        "This person holds no post on those days, so there is nothing to act on. Appoint them first, or choose others.",
    ),
    "delegation_loop": Message(
        "{person}在这段时间里直接或间接由本人代理，互相代理会使双方的事项都无人办理。请另选人员，或错开日期、文种。",
        "On some of these days {person} has this very person act for them, directly or by way of others; in a loop "
        "nobody is left to act. Choose somebody else, other days or other documents.",
    ),
    "delegation_past": Message(
        "代理从今天或以后开始，不能补登过去的日期。请修改开始日期。",
        "A delegation begins today or later; past days cannot be entered. Change the first day.",
    ),
    "delegation_too_long": Message(
        "一次代理最长 {days} 天。请提前结束日期，到期后可再次委托。",
        "A delegation lasts {days} days at most. Choose an earlier last day; it can be given again.",
    ),
    "delegation_unknown": Message(
        "此人没有编号为“{id}”的代理。请从代理列表中选择。",
        "This person has given no delegation “{id}”. Choose one from the list.",
    ),
    "delegation_over": Message(
        "该代理已经结束，不需要再办理。如需继续，请重新委托。",
        "This delegation has ended already; nothing is left to do. If it is to go on, give a new one.",
    ),
    "delegation_of_others": Message(
        "这项代理与您无关，您不能结束它。请由委托人、代理人或人员管理员办理。",
        "This delegation is not yours to end. Its giver, its delegate or the keeper of the directory ends it.",
    ),
    "not_delegated": Message(
        "您目前没有代{person}办理此事项的授权：代理可能已到期、已结束，或不包括这类文种。"
        "请以本人名义办理，或请对方重新委托。",
        "You may not act for {person} here: the delegation is over, was ended, or is for other documents. "
        "Act in your own name, or ask for a new delegation.",
    ),
    "document_unknown": Message(
        "方案中没有文种“{document}”。请从列表中选择。",
        "The programme has no document “{document}”. Choose from the list.",
    ),
    "appointment_over": Message(
        "任职“{post}”已经结束，不能再改。如需继续任职，请增加一项新的任职。",
        "The appointment “{post}” has ended and stays as it is. Enter a new one if it goes on.",
    ),
    "appointment_unknown": Message(
        "此人没有编号为“{id}”的任职。请从其任职列表中选择。",
        "This person has no appointment “{id}”. Choose one from the list of appointments.",
    ),
    # -- there is no such thing
    "stream_unknown": Message(
        "没有找到编号“{stream}”对应的事项。请检查链接，或从列表中打开。",
        "There is nothing under “{stream}”. Check the link, or open it from the list.",
    ),
    # -- accounts
    "login_unfit": Message(
        "登录名要有 2 至 64 个字，可用小写字母、数字、汉字和 . _ - @ +，以字母、数字或汉字开头。请另写一个。",
        "A login has 2 to 64 characters: letters, digits, Chinese characters and . _ - @ +, "
        "beginning with none of the signs. Choose another.",
    ),
    "login_taken": Message(
        "登录名“{login}”已有人使用。请另选一个。", "The login “{login}” is somebody else's. Choose another."
    ),
    "account_exists": Message(
        "此人已有账号，不必再建。如忘记密码，请签发一次性密码。",
        "This person has an account already. If the password is lost, issue a one-time password.",
    ),
    "account_unknown": Message("此人还没有账号。请先为其建立账号。", "This person has no account yet. Make one first."),
    "password_too_short": Message(
        "密码至少要有 {min} 个字，现在有 {length} 个。可以用几个词连成一句话。",
        "A password has at least {min} characters; this one has {length}. A few words in a row will do.",
    ),
    "password_too_long": Message(
        "密码最多 {max} 个字，现在有 {length} 个。请缩短。",
        "A password has at most {max} characters; this one has {length}. Shorten it.",
    ),
    "password_names_you": Message(
        "密码里的“{part}”与您的姓名、登录名或单位有关，熟人容易猜到。请换成与自己无关的词。",
        "“{part}” in the password is from your name, login or unit, which an acquaintance would try first. "
        "Use words that have nothing to do with you.",
    ),
    "password_common": Message(
        "这是最常用的密码之一，一猜就中。请另选一个。",
        "This is one of the most common passwords and would be guessed at once. Choose another.",
    ),
    "password_repeats": Message(
        "密码主要是重复的字符，容易猜到。请用几个不相关的词。",
        "The password mostly repeats itself and is easily guessed. Use a few unrelated words.",
    ),
    "password_in_sequence": Message(
        "密码主要是连续的数字或字母，容易猜到。请用几个不相关的词。",
        "The password mostly counts on or follows the alphabet and is easily guessed. Use a few unrelated words.",
    ),
    "password_on_keyboard": Message(
        "密码主要是键盘上相邻的键，容易猜到。请用几个不相关的词。",
        "The password mostly follows the keyboard and is easily guessed. Use a few unrelated words.",
    ),
    "password_is_date": Message(
        "密码主要是一个日期，容易猜到。请用几个不相关的词。",
        "The password is mostly a date and is easily guessed. Use a few unrelated words.",
    ),
    "password_pinyin": Message(
        "密码主要是拼音，容易猜到，后面加上年份或数字也一样。请用更长的一句话，或几个不相关的词。",
        "The password is mostly pinyin and easily guessed, with a year or a number behind it as well. Use a longer "
        "sentence, or a few unrelated words.",
    ),
    "password_is_number": Message(
        "密码主要是手机号、证件号、QQ 号一类的数字，容易猜到。请用几个不相关的词。",
        "The password is mostly a number, such as a telephone's or an identity card's, and is easily guessed. Use a "
        "few unrelated words.",
    ),
    "password_guessable": Message(
        "这个密码容易猜到。请再加一两个不相关的词。",
        "This password is easily guessed. Add a word or two that have nothing to do with it.",
    ),
    "sign_in_needed": Message(
        "您还没有登录，或登录已过期。请登录后再办理。",
        "You are not signed in, or no longer. Sign in and do it again.",
    ),
    "cross_origin": Message(
        "这个请求不是从本系统的页面发出的，没有办理。请从本系统的页面重新操作。",
        "This request did not come from a page of this site, so nothing was done. Do it again from a page here.",
    ),
    "own_session": Message(
        "这是您正在使用的登录。要结束它，请按“退出登录”。",
        "This is the sign-in you are using. To end it, sign out.",
    ),
    "kept_form_gone": Message(
        "为您保留的内容已过期，或不是以这个账号填写的。请回到原来的页面；本机上可能还留有您输入的文字。",
        "What was kept for you has expired, or was typed by somebody else. Go back to the page it came from; this "
        "device may still hold your text.",
    ),
    "form_aged": Message(
        "这个页面是上一次登录时打开的，内容太多，无法转交。请按浏览器的“后退”，复制您的文字，再重新打开页面。",
        "This page was opened under an earlier sign-in and holds too much to be passed on. "
        "Go back in the browser, copy your text, and open the page anew.",
    ),
    "tenant_unknown": Message(
        "没有找到单位租户“{tenant}”的台账。请检查网址，或联系管理员开通。",
        "There is no ledger of “{tenant}”. Check the address, or ask the administrator to set it up.",
    ),
    "programme_unknown": Message(
        "台账中没有摘要为 {digest} 的研修方案。请先导入该方案。",
        "The ledger has no programme with the digest {digest}. Import it first.",
    ),
    "version_unknown": Message(
        "事项“{stream}”没有第 {version} 版。请在留痕中选择已有的版本。",
        "“{stream}” has no version {version}. Choose one from its audit trail.",
    ),
    "not_yet_begun": Message(
        "在所选时间，事项“{stream}”还没有建立。请选择更晚的时间。",
        "“{stream}” had not begun at that time. Choose a later time.",
    ),
    "content_unknown": Message(
        "没有找到这份内容，可能已按规定清除。请从该事项的留痕中打开其他版本。",
        "This content is not there; it may have been erased by the rules. Open another version from the audit trail.",
    ),
    "no_draft": Message(
        "此报送件还没有保存的草稿。请直接填写，系统会自动保存。",
        "This filing has no saved draft yet. Fill in the form; it is saved as you write.",
    ),
    "view_name": Message(
        "保存的视图须有名称，最多 {limit} 字。请填写名称。",
        "A saved view has a name of at most {limit} characters. Give it one.",
    ),
    "too_many_views": Message(
        "最多保存 {limit} 个视图。请先删除不用的视图，再保存。",
        "At most {limit} views can be kept. Delete one that is not needed, then save.",
    ),
    # -- the request itself
    "no_such_address": Message(
        "没有这个网址。请检查链接，或从首页进入。",
        "There is no such address. Check the link, or start from the first page.",
    ),
    "method_not_allowed": Message(
        "这个网址不接受此种请求。请按接口说明调用。",
        "This address does not take that kind of request. See the description of the interface.",
    ),
    "token_missing": Message(
        "调用接口需要令牌。请在 Authorization 中写 Bearer 和令牌；令牌由本人或管理员签发。",
        "This interface asks for a token. Send it as Authorization: Bearer …; you issue it, or the directory's keeper "
        "does.",
    ),
    "token_invalid": Message(
        "令牌无效：不存在、已过期或已收回。请换用有效的令牌。",
        "The token is not in force: there is none such, it has expired, or it was revoked. Use one that is.",
    ),
    "token_without_post": Message(
        "令牌的持有人目前没有任职，令牌不能使用。任职恢复后可继续使用。",
        "The person of this token holds no post now, so it gives nothing. It works again once they are appointed.",
    ),
    "token_scope": Message(
        "令牌的使用范围不含“{scope}”。请换用包含此范围的令牌。",
        "This token may not be used for “{scope}”. Use one with that scope.",
    ),
    "token_attempts": Message(
        "从此地址送来的无效令牌过多，请 {seconds} 秒后再试。有效的令牌不受影响。",
        "Too many tokens from this address were not in force. Wait {seconds} seconds. A valid token still works.",
    ),
    "token_scopes": Message(
        "令牌须有使用范围。请至少选择一项。",
        "A token is for something. Choose at least one scope.",
    ),
    "token_scopes_beyond": Message(
        "新令牌的使用范围不能超出签发所用的令牌。请减少范围，或登录后签发。",
        "A token cannot issue one with more scopes than its own. Choose fewer, or sign in to issue it.",
    ),
    "token_lifetime": Message(
        "令牌的有效期须在 {days} 天以内。请缩短有效期。",
        "A token is valid for at most {days} days. Choose a shorter time.",
    ),
    "token_for_nobody": Message(
        "令牌只能签发给目前有任职的人员。请先登记任职。",
        "A token can only be issued for somebody who holds a post now. Appoint them first.",
    ),
    "token_too_many": Message(
        "此人已有 {limit} 个有效令牌，没有再签发。请先收回不用的令牌。",
        "This person has {limit} tokens in force, so no other was issued. Revoke those not in use first.",
    ),
    "token_unknown": Message(
        "没有这个令牌，或已经收回，不需要再办理。请刷新令牌列表查看。",
        "There is no such token, or it was revoked already, so nothing is left to do. Reload the list of tokens.",
    ),
    "version_moved": Message(
        "此事项刚刚有了新的变化，您的操作没有提交。请查看最新情况后再办理。",
        "This has just changed, and what you sent was not carried out. Look at it as it is now, then decide again.",
    ),
    "draft_moved": Message(
        "这份草稿刚刚在别处保存过，您的内容没有覆盖它。请对照两份内容后再保存。",
        "This draft has just been saved elsewhere, and yours has not replaced it. Compare the two, then save.",
    ),
    "idempotency_key_reused": Message(
        "这个请求编号已经用于另一项内容，本次没有办理。请换一个新的请求编号再提交。",
        "This idempotency key was used for something else, so nothing was done. Send it again with a new key.",
    ),
    "idempotency_key_length": Message(
        "请求编号应为 1 至 {limit} 个字符。请缩短后再提交。",
        "The idempotency key has from 1 to {limit} characters. Shorten it and send it again.",
    ),
    "if_match_unreadable": Message(
        "If-Match 中的版本号无法识别。请填写读取时得到的 ETag。",
        "The version in If-Match is not readable. Send the ETag that came with what you read.",
    ),
    "body_too_large": Message(
        "提交的内容超过 {limit}，没有保存。请精简后再提交。",
        "What was sent is larger than {limit} and was not saved. Shorten it and send it again.",
    ),
    "content_type_not_json": Message(
        "接口只接受 JSON。请改为 JSON，并注明 Content-Type: application/json。",
        "The interface takes JSON only. Send JSON, and say so: Content-Type: application/json.",
    ),
    "nested_too_deep": Message(
        "内容的层次过多，最多 {limit} 层。请按表格的结构填写。",
        "This is nested too deeply; {limit} levels at most. Follow the structure of the form.",
    ),
    "number_out_of_range": Message(
        "数值过大，无法准确保存。请填写较小的数值。",
        "A number is too large to be kept exactly. Enter a smaller one.",
    ),
    "version_or_time": Message(
        "版本号和时间只能用其中一项。请填写一项，去掉另一项。",
        "A moment is named by a version or by a time. Give one of the two and leave the other out.",
    ),
    "unexpected": Message(
        "系统出现了没有料到的故障，已经记录。请稍后再试；如仍然如此，请联系管理员。",
        "Something went wrong on our side and has been noted. Try again later, or tell the administrator.",
    ),
    "database_away": Message(
        "台账暂时没有应答，不能确定是否已保存。请不要关闭页面，{seconds} 秒后再提交一次；不会重复办理。",
        "The ledger does not answer just now, so it is not certain whether this was saved. Keep the page and send it "
        "again in {seconds} s under the same Idempotency-Key; it is never carried out twice.",
    ),
    "draft_gone": Message(
        "您看到的草稿已不存在，可能已由他人提交。您的文字没有保存，请先复制下来，再重新打开此报送件。",
        "The draft you saw is no longer there; somebody may have handed it in. Your text was not saved: "
        "copy it, then open the filing again.",
    ),
    "request_invalid": Message(
        "提交的内容有几处需要修改，没有办理。请按各栏的提示修改后再提交。",
        "Some of what was sent needs a change, and nothing was done. Mend the fields named and send it again.",
    ),
    "form_missing": Message(
        "此栏还没有填写。请填写后再提交。", "This is not filled in yet. Fill it in and send it again."
    ),
    "form_unknown": Message("表中没有这一栏。请去掉后再提交。", "There is no such field. Remove it and send it again."),
    "bulk_twice": Message(
        "这一件或这个请求编号在同一次提交中出现了两次，没有办理。请去掉重复的再提交。",
        "This filing or this key comes twice in one request, so nothing was done. Leave one of them out and send it "
        "again.",
    ),
    "form_not_json": Message(
        "提交的内容不是完整的 JSON，无法读取。请检查后再提交。",
        "What was sent is not whole JSON and cannot be read. Check it and send it again.",
    ),
    "form_too_long": Message(
        "此栏最多 {max_length} 字。请精简后再提交。",
        "This takes at most {max_length} characters. Shorten it and send it again.",
    ),
    "form_pattern": Message(
        "此栏的格式不符合要求。请从列表中选择，或按说明填写。",
        "This is not written as it should be. Choose from the list, or follow the help.",
    ),
    "form_range": Message(
        "此栏的数值超出范围[，应不小于 {ge}][，应不大于 {le}]。请修改后再提交。",
        "This number is out of range[, from {ge}][, up to {le}]. Change it and send it again.",
    ),
    "form_date": Message(
        "此栏应填写日期或带时区的时间。请按这样的格式填写：2026-09-01 或 2026-09-01T08:00:00+08:00。",
        "This takes a date or a time with its offset. Write it like 2026-09-01 or 2026-09-01T08:00:00+08:00.",
    ),
    "form_value": Message("此栏的内容无法识别。请按说明填写。", "This is not readable. Fill it in as the help says."),
}

_PROBLEMS: Mapping[str, Message] = {
    "title": Message("本次没有办理（{status}）", "Not carried out ({status})"),
}

_NOTICES: Mapping[str, Message] = {
    "filing_opened": Message(
        "{unit}：请报送“{title}”（{period}），{due} 截止。",
        "{unit}: please submit “{title}” ({period}), due {due}.",
    ),
    "filing_due_soon": Message(
        "{unit}的“{title}”（{period}）即将到期，{due} 截止。请及时提交。",
        "“{title}” ({period}) of {unit} is due soon, {due}. Please submit it in time.",
    ),
    "filing_overdue": Message(
        "{unit}的“{title}”（{period}）已过截止时间，现在仍可提交，计为逾期；{lapses} 后失效。",
        "“{title}” ({period}) of {unit} is past its due time. It can still be submitted, as late, and lapses {lapses}.",
    ),
    "filing_lapsed": Message(
        "{unit}的“{title}”（{period}）未在期限内提交，已失效，不能再报。如有特殊情况，请向上级说明。",
        "“{title}” ({period}) of {unit} was not submitted in time and has lapsed. "
        "If there is a special reason, explain it to the level above.",
    ),
    "filing_to_decide": Message(
        "{unit}报送的“{title}”（{period}）已到您处，请在 {due} 前审批。",
        "“{title}” ({period}) of {unit} has reached you. Please decide by {due}.",
    ),
    "filing_to_decide_again": Message(
        "{unit}的“{title}”（{period}）已退回您处重新审批，原因：{reason}。请在 {due} 前办理。",
        "“{title}” ({period}) of {unit} was sent back to you. Reason: {reason}. Please decide again by {due}.",
    ),
    "filing_decide_soon": Message(
        "{unit}的“{title}”（{period}）等待您审批，{due} 到期。",
        "“{title}” ({period}) of {unit} awaits your decision, due {due}.",
    ),
    "filing_escalated_vacant": Message(
        "{unit}“{title}”（{period}）的“{stage}”环节审批已超时，应当接办的上一级无人可办，也没有其他人接到通知。"
        "请打开此件，指定审批人，或联系原审批人。",
        "“{title}” ({period}) of {unit} is late at the stage “{stage}”, and nobody of the next level can decide; "
        "nobody else was told. Open it and name somebody, or speak to those who decide now.",
    ),
    "filing_vacant": Message(
        "{unit}“{title}”（{period}）的“{stage}”环节无人可以审批。请打开此件，指定审批人。",
        "Nobody can decide “{title}” ({period}) of {unit} at the stage “{stage}”. Open it and name somebody.",
    ),
    "filing_transferred": Message(
        "{unit}“{title}”（{period}）已转交给您审批，说明：{reason}。",
        "“{title}” ({period}) of {unit} was transferred to you for a decision: {reason}.",
    ),
    "filing_rules_moved": Message(
        "{unit}的“{title}”（{period}）改按新方案办理[，请重新办理，{due} 截止]，原因：{reason}。",
        "“{title}” of {unit} ({period}) goes by new rules now[; please see to it again, due {due}]. Reason: {reason}.",
    ),
    "filing_assigned": Message(
        "主管部门指定您审批{unit}“{title}”（{period}），说明：{reason}。",
        "The office named you to decide “{title}” ({period}) of {unit}: {reason}.",
    ),
    "filing_handed_over": Message(
        "{unit}“{title}”（{period}）已交接给您，说明：{reason}。",
        "“{title}” ({period}) of {unit} was handed over to you: {reason}.",
    ),
    "filing_recall_asked": Message(
        "{unit}申请撤回“{title}”（{period}）[，原因：{reason}]。请打开此件，答复是否同意。",
        "{unit} asks to recall “{title}” ({period})[: {reason}]. Open it and answer.",
    ),
    "filing_recall_refused": Message(
        "“{title}”（{period}）的撤回申请未获同意，原因：{reason}。审批照常进行。",
        "The recall of “{title}” ({period}) was refused: {reason}. The review goes on.",
    ),
    "filing_voided": Message(
        "{unit}“{title}”（{period}）已作废，原因：{reason}。",
        "“{title}” ({period}) of {unit} was voided: {reason}.",
    ),
    "filing_extension_asked": Message(
        "{unit}“{title}”（{period}）申请延期到 {until}，原因：{reason}。请打开此件答复。",
        "{unit} asks for more time for “{title}” ({period}), until {until}: {reason}. Open it and answer.",
    ),
    "filing_extension_granted": Message(
        "“{title}”（{period}）的延期申请已同意，新的截止时间为 {due}。",
        "The extension for “{title}” ({period}) was granted; it is now due {due}.",
    ),
    "filing_extension_refused": Message(
        "“{title}”（{period}）的延期申请未获同意，原因：{reason}。仍于 {due} 截止。",
        "The extension for “{title}” ({period}) was refused: {reason}. It is still due {due}.",
    ),
    "filing_mentioned": Message(
        "{unit}“{title}”（{period}）的意见提到了您：{text}。",
        "A comment on “{title}” ({period}) of {unit} mentions you: {text}.",
    ),
    "filing_copied": Message(
        "{unit}“{title}”（{period}）抄送给您[，说明：{note}]。阅后请点“已阅”。",
        "“{title}” ({period}) of {unit} was copied to you[: {note}]. Mark it as read when you have read it.",
    ),
    "filing_urged": Message(
        "报送人催办{unit}“{title}”（{period}），{due} 到期。请尽快办理。",
        "The author urges a decision on “{title}” ({period}) of {unit}, due {due}. Please decide soon.",
    ),
    "filing_escalated": Message(
        "{unit}的“{title}”（{period}）审批已超时，现由上一级与原审批人共同负责，任何一方均可办理。",
        "The decision on “{title}” ({period}) of {unit} is late. "
        "The next level may now decide as well as the original post.",
    ),
    "filing_approved": Message(
        "{unit}的“{title}”（{period}）已通过，即日起生效。",
        "“{title}” ({period}) of {unit} is approved and in force.",
    ),
    "filing_returned": Message(
        "{unit}的“{title}”（{period}）已退回，原因：{reason}。请修改后在 {due} 前重新提交。",
        "“{title}” ({period}) of {unit} was returned. Reason: {reason}. Please mend it and submit it again by {due}.",
    ),
    "filing_sent_back": Message(
        "{unit}的“{title}”（{period}）已退回“{stage}”环节重新审批，原因：{reason}。您暂不需要办理。",
        "“{title}” ({period}) of {unit} was sent back to the stage “{stage}”. Reason: {reason}. "
        "Nothing for you to do now.",
    ),
    "filing_recalled": Message(
        "{unit}已撤回“{title}”（{period}），您暂不需要审批；重新提交后会再通知您。",
        "{unit} recalled “{title}” ({period}). Nothing for you to decide until it is submitted again.",
    ),
    "filing_rejected": Message(
        "{unit}的“{title}”（{period}）审批结论为不同意，原因：{reason}。如已有通过的版本，该版本继续有效。",
        "“{title}” ({period}) of {unit} was rejected. Reason: {reason}. "
        "A revision approved before, if any, stays in force.",
    ),
    "filing_waived": Message(
        "{unit}的“{title}”（{period}）已免报，原因：{reason}。您不需要再办理。",
        "“{title}” ({period}) of {unit} is waived. Reason: {reason}. Nothing more to do.",
    ),
    "filing_commented": Message(
        "{unit}的“{title}”（{period}）有新的意见：{text}。如需回应，请打开该报送件填写意见。",
        "There is a new comment on “{title}” ({period}) of {unit}: {text}. To answer, open the filing and comment.",
    ),
    "delegation_received": Message(
        "{giver}委托您自 {first} 至 {last} 代为办理审批。相关事项会列在您的待办中，并注明代谁办理。",
        "{giver} has you act in their stead from {first} to {last}. What waits for them is on your desk, marked so.",
    ),
    "delegation_given": Message(
        "{delegate}将自 {first} 至 {last} 代您办理审批。您本人仍可办理，也可以随时结束代理。",
        "{delegate} acts in your stead from {first} to {last}. You may still act yourself, and end it at any time.",
    ),
    "delegation_ended": Message(
        "{delegate}代{giver}办理审批（{first} 至 {last}）已经结束，此后的事项由{giver}本人办理。",
        "{delegate} no longer acts in the stead of {giver} ({first} to {last}). {giver} acts again.",
    ),
    "inspection_to_assign": Message(
        "请为{unit}的“{title}”（{period}）安排检查人员，检查应在 {due} 前完成。",
        "Please name the inspectors for “{title}” ({period}) of {unit}; it is due {due}.",
    ),
    "inspection_assigned": Message(
        "您将参加对{unit}的“{title}”（{period}），请在 {due} 前完成评分并签字。",
        "You are to inspect {unit}: “{title}” ({period}). Please score and sign by {due}.",
    ),
    "inspection_handed_over": Message(
        "对{unit}的“{title}”（{period}）已交接给您，原因：{reason}。请核对已有评分，在 {due} 前评完并签字；"
        "签字即对全部得分负责。",
        "“{title}” ({period}) of {unit} was handed over to you: {reason}. Look through the points given so far, score "
        "and sign by {due}; whoever signs stands for all of them.",
    ),
    "inspection_seat_left": Message(
        "{inspector}已不能参加对{unit}的“{title}”（{period}），尚未签字，其检查工作无人接替。请打开此件，重新安排检查人员，"
        "{due} 到期。",
        "{inspector} can no longer inspect {unit}, “{title}” ({period}), and has not signed; nobody has taken over. "
        "Open it and name the inspectors again; it is due {due}.",
    ),
    "inspection_due_soon": Message(
        "对{unit}的“{title}”（{period}）尚未完成，{due} 到期。请尽快办理。",
        "“{title}” ({period}) of {unit} is not finished and is due {due}. Please attend to it.",
    ),
    "inspection_result": Message(
        "对{unit}的“{title}”（{period}）已评分，合计 {total} 分。请在 {due} 前确认或提出异议，逾期未答复视为确认。",
        "“{title}” ({period}) of {unit} is scored: {total} points in all. "
        "Please accept or dispute it by {due}; silence counts as acceptance.",
    ),
    "inspection_acknowledged": Message(
        "{unit}对“{title}”（{period}）的结果没有异议，请在 {due} 前复核。",
        "{unit} does not dispute the result of “{title}” ({period}). Please review it by {due}.",
    ),
    "inspection_disputed": Message(
        "{unit}对“{title}”（{period}）的结果提出异议，理由：{reason}。请在 {due} 前复核并答复。",
        "{unit} disputes the result of “{title}” ({period}). Reason: {reason}. Please review it and answer by {due}.",
    ),
    "inspection_review_due": Message(
        "{unit}的“{title}”（{period}）等待您复核，已到期。请尽快办理。",
        "“{title}” ({period}) of {unit} awaits your review, which is due. Please attend to it.",
    ),
    "inspection_final": Message(
        "{unit}的“{title}”（{period}）结果已确定：{total} 分。",
        "The result of “{title}” ({period}) of {unit} is final: {total} points.",
    ),
    "follow_up_opened": Message(
        "对{unit}的“{title}”已建立，请在 {due} 前办理第一步。",
        "“{title}” for {unit} is open. Please take the first step by {due}.",
    ),
    "commended": Message(
        "{unit}获得“{title}”，全文可在跟进中查看。",
        "{unit} has received “{title}”. The text is in the follow-up.",
    ),
    "follow_up_plan_wanted": Message(
        "对{unit}的“{title}”已完成下校，请在 {due} 前拟定改进方案。",
        "The visit for “{title}” to {unit} has taken place. Please draw up the plan by {due}.",
    ),
    "follow_up_to_verify": Message(
        "{unit}“{title}”的改进方案已确定，请在 {due} 前核查落实情况。",
        "The plan for “{title}” at {unit} is agreed. Please verify by {due} that it was carried out.",
    ),
    "follow_up_sent_back": Message(
        "{unit}“{title}”的改进方案需要修改，原因：{reason}。请在 {due} 前重新拟定。",
        "The plan for “{title}” at {unit} needs changes. Reason: {reason}. Please draw it up again by {due}.",
    ),
    "follow_up_overdue": Message(
        "对{unit}的“{title}”轮到您办理，应在 {due} 前完成，现已到期。请尽快办理。",
        "“{title}” for {unit} is your turn and was due {due}. Please attend to it.",
    ),
}

_STATUSES: Mapping[str, Message] = {
    "cycle.drafted": Message("拟定中", "Drafted"),
    "cycle.published": Message("已发布", "Published"),
    "cycle.running": Message("进行中", "Running"),
    "cycle.inspecting": Message("检查评估中", "Inspecting"),
    "cycle.suspended": Message("已暂停", "Suspended"),
    "cycle.closing": Message("收尾中", "Closing"),
    "cycle.archived": Message("已归档", "Archived"),
    "filing.open": Message("待报送", "Open"),
    "filing.drafting": Message("起草中", "Drafting"),
    "filing.in_review": Message("审批中", "In review"),
    "filing.returned": Message("已退回", "Returned"),
    "filing.recalled": Message("已撤回", "Recalled"),
    "filing.amending": Message("变更中", "Amending"),
    "filing.approved": Message("已通过", "Approved"),
    "filing.rejected": Message("不同意", "Rejected"),
    "filing.waived": Message("免报", "Waived"),
    "filing.voided": Message("已作废", "Voided"),
    "filing.lapsed": Message("已失效", "Lapsed"),
    "inspection.planned": Message("待安排", "Planned"),
    "inspection.assigned": Message("已安排", "Assigned"),
    "inspection.scoring": Message("评分中", "Scoring"),
    "inspection.signed": Message("已签字", "Signed"),
    "inspection.notified": Message("待答复", "Awaiting answer"),
    "inspection.acknowledged": Message("已确认", "Acknowledged"),
    "inspection.disputed": Message("有异议", "Disputed"),
    "inspection.reviewed": Message("已复核", "Reviewed"),
    "inspection.final": Message("结果已定", "Final"),
    "inspection.cancelled": Message("已取消", "Cancelled"),
    "follow_up.opened": Message("待办理", "Open"),
    "follow_up.visited": Message("已下校", "Visited"),
    "follow_up.plan_agreed": Message("方案已定", "Plan agreed"),
    "follow_up.verified": Message("已办结", "Done"),
    "follow_up.cancelled": Message("已取消", "Cancelled"),
    "person.registered": Message("在册", "Registered"),
    "person.left": Message("已离任", "Left"),
    "unit.open": Message("在设", "Open"),
    "unit.closed": Message("已撤销", "Closed"),
    "rulebook.in_force": Message("现行", "In force"),
}

_COMMANDS: Mapping[str, Message] = {
    "cycle.draft": Message("拟定周期", "Draft"),
    "cycle.publish": Message("发布", "Publish"),
    "cycle.start": Message("开始", "Start"),
    "cycle.open_window": Message("开启报送期", "Open window"),
    "cycle.suspend": Message("暂停", "Suspend"),
    "cycle.resume": Message("恢复", "Resume"),
    "cycle.change_rules": Message("更换方案", "Change the rules"),
    "cycle.begin_closing": Message("开始收尾", "Begin closing"),
    "cycle.archive": Message("归档", "Archive"),
    "filing.open": Message("建立", "Open"),
    "filing.begin_draft": Message("开始起草", "Begin draft"),
    "filing.submit": Message("提交", "Submit"),
    "filing.approve": Message("同意", "Approve"),
    "filing.return": Message("退回", "Return"),
    "filing.reject": Message("不同意", "Reject"),
    "filing.recall": Message("撤回", "Recall"),
    "filing.waive": Message("免报", "Waive"),
    "filing.amend": Message("变更", "Amend"),
    "filing.abandon_amendment": Message("放弃变更", "Abandon amendment"),
    "filing.comment": Message("填写意见", "Comment"),
    "filing.object": Message("反对", "Vote against"),
    "filing.transfer": Message("转交", "Transfer"),
    "filing.add_signer": Message("加签", "Add signer"),
    "filing.assign": Message("指定审批人", "Name a decider"),
    "filing.hand_over": Message("离职交接", "Hand over"),
    "filing.agree_recall": Message("同意撤回", "Agree to the recall"),
    "filing.refuse_recall": Message("不同意撤回", "Refuse the recall"),
    "filing.void": Message("作废", "Void"),
    "filing.ask_extension": Message("申请延期", "Ask for more time"),
    "filing.grant_extension": Message("同意延期", "Grant the extension"),
    "filing.refuse_extension": Message("不同意延期", "Refuse the extension"),
    "filing.copy": Message("抄送", "Copy"),
    "filing.mark_read": Message("已阅", "Mark as read"),
    "filing.urge": Message("催办", "Urge"),
    "filing.pass_by_time": Message("超时自动通过", "Pass by time"),
    "filing.reseat": Message("核对审批人", "Review the deciders"),
    "filing.move_rules": Message("改按新方案", "Move to other rules"),
    "filing.remind": Message("提醒", "Remind"),
    "filing.fall_due": Message("标记逾期", "Mark as due"),
    "filing.lapse": Message("置为失效", "Lapse"),
    "filing.remind_stage": Message("提醒审批人", "Remind deciders"),
    "filing.escalate": Message("转上一级", "Escalate"),
    "inspection.plan": Message("计划检查", "Plan"),
    "inspection.assign": Message("安排人员", "Assign"),
    "inspection.hand_over": Message("离职交接", "Hand over"),
    "inspection.check_panel": Message("核对检查人员", "Review the panel"),
    "inspection.score": Message("评分", "Score"),
    "inspection.sign": Message("签字", "Sign"),
    "inspection.notify": Message("通知单位", "Notify unit"),
    "inspection.acknowledge": Message("确认结果", "Acknowledge"),
    "inspection.accept_silence": Message("视为确认", "Accept silence"),
    "inspection.dispute": Message("提出异议", "Dispute"),
    "inspection.review": Message("复核", "Review"),
    "inspection.finalise": Message("确定结果", "Finalise"),
    "inspection.cancel": Message("取消检查", "Cancel"),
    "inspection.remind": Message("提醒", "Remind"),
    "inspection.remind_reviewer": Message("提醒复核人", "Remind reviewer"),
    "follow_up.open": Message("建立", "Open"),
    "follow_up.commend": Message("发布表扬", "Commend"),
    "follow_up.visit": Message("登记下校", "Record visit"),
    "follow_up.agree_plan": Message("确定方案", "Agree plan"),
    "follow_up.verify": Message("核查通过", "Verify"),
    "follow_up.send_back": Message("退回方案", "Send back"),
    "follow_up.cancel": Message("取消跟进", "Cancel"),
    "follow_up.remind": Message("提醒", "Remind"),
    "person.register": Message("登记", "Register"),
    "person.correct_name": Message("更正姓名", "Correct name"),
    "person.appoint": Message("任职", "Appoint"),
    "person.end_appointment": Message("结束任职", "End appointment"),
    "person.revise": Message("更新任职", "Revise"),
    "person.leave": Message("离任", "Leave"),
    "person.hand_over": Message("离职交接", "Hand over"),
    "person.delegate": Message("委托代理", "Delegate"),
    "person.end_delegation": Message("结束代理", "End delegation"),
    "person.close_post": Message("公布任职到期", "Announce the end of a post"),
    "person.begin_post": Message("公布任职开始", "Announce the start of a post"),
    "person.close_delegation": Message("公布代理到期", "Announce the end of a delegation"),
    "unit.found": Message("设立", "Found"),
    "unit.rename": Message("更名", "Rename"),
    "unit.move": Message("调整上级", "Move"),
    "unit.close": Message("撤销", "Close"),
    "unit.reopen": Message("恢复", "Reopen"),
    "rulebook.establish": Message("采用首个方案", "Adopt the first programme"),
    "rulebook.adopt": Message("采用方案", "Adopt a programme"),
}

_EVENTS: Mapping[str, Message] = {
    "cycle.drafted": Message("{actor}拟定了 {school_year} 学年的周期", "{actor} drafted the cycle of {school_year}"),
    "cycle.published": Message("{actor}发布了周期，日程已定", "{actor} published the cycle and its calendar"),
    "cycle.started": Message("周期开始", "the cycle began"),
    "cycle.window_opened": Message("“{window}”开启", "“{window}” opened"),
    "cycle.window_missed": Message(
        "“{window}”在暂停期间已过期，不再开启", "“{window}” lapsed while the cycle was suspended and was not opened"
    ),
    "cycle.inspecting_begun": Message("进入检查评估", "the year-end inspection began"),
    "cycle.suspended": Message("{actor}暂停了周期，原因：{reason}", "{actor} suspended the cycle: {reason}"),
    "cycle.resumed": Message("{actor}恢复了周期", "{actor} resumed the cycle"),
    "cycle.rules_changed": Message(
        "{actor}更换方案为第 {version} 版，以后开启的报送期照此办理，原因：{reason}",
        "{actor} changed the rules to version {version} for the windows to come: {reason}",
    ),
    "cycle.closing_begun": Message("进入收尾", "closing began"),
    "cycle.archived": Message("{actor}将周期归档", "{actor} archived the cycle"),
    "filing.opened": Message("“{title}”开始报送，{due_at} 截止", "“{title}” was opened, due {due_at}"),
    "filing.drafting_begun": Message("{actor}开始起草", "{actor} began a draft"),
    "filing.submitted": Message("{actor}提交了第 {revision} 稿", "{actor} submitted revision {revision}"),
    "filing.stage_reached": Message("到达下一环节，{due_at} 到期", "it reached a stage, due {due_at}"),
    "filing.approval_given": Message("{actor}同意[：{comment}]", "{actor} approved[: {comment}]"),
    "filing.approved": Message("第 {revision} 稿通过，开始生效", "revision {revision} was approved and is in force"),
    "filing.returned": Message("{actor}退回给报送人，原因：{reason}", "{actor} returned it to its author: {reason}"),
    "filing.sent_back": Message("{actor}退回到前面的环节，原因：{reason}", "{actor} sent it back a stage: {reason}"),
    "filing.recalled": Message("{actor}撤回了提交[，原因：{reason}]", "{actor} recalled it[: {reason}]"),
    "filing.rejected": Message("{actor}不同意，原因：{reason}", "{actor} rejected it: {reason}"),
    "filing.waived": Message("{actor}准予免报，原因：{reason}", "{actor} waived it: {reason}"),
    "filing.amending_begun": Message("{actor}开始变更，原因：{reason}", "{actor} began an amendment: {reason}"),
    "filing.amendment_abandoned": Message(
        "{actor}放弃变更，原版本继续有效", "{actor} abandoned the amendment; the approved revision stays"
    ),
    "filing.commented": Message("{actor}的意见：{text}", "{actor} commented: {text}"),
    "filing.stage_passed": Message("一个环节不需审批，已经越过", "a stage was passed without a decision"),
    "filing.objection_raised": Message("{actor}反对，原因：{reason}", "{actor} voted against: {reason}"),
    "filing.transferred": Message("{actor}转交他人审批，说明：{reason}", "{actor} transferred it: {reason}"),
    "filing.signer_added": Message("{actor}加签，说明：{reason}", "{actor} added a signer: {reason}"),
    "filing.decider_assigned": Message("{actor}指定了审批人，说明：{reason}", "{actor} named a decider: {reason}"),
    "filing.handed_over": Message("{actor}办理交接，说明：{reason}", "{actor} handed it over: {reason}"),
    "filing.seats_changed": Message("任职变动，审批人随之调整", "posts changed, and with them who decides"),
    "filing.recall_requested": Message("{actor}申请撤回[，原因：{reason}]", "{actor} asked to recall it[: {reason}]"),
    "filing.recall_refused": Message("{actor}不同意撤回，原因：{reason}", "{actor} refused the recall: {reason}"),
    "filing.voided": Message("{actor}作废，原因：{reason}", "{actor} voided it: {reason}"),
    "filing.extension_asked": Message("{actor}申请延期，原因：{reason}", "{actor} asked for more time: {reason}"),
    "filing.extension_granted": Message("{actor}同意延期到 {due_at}", "{actor} gave more time, until {due_at}"),
    "filing.extension_refused": Message("{actor}不同意延期，原因：{reason}", "{actor} refused more time: {reason}"),
    "filing.copied": Message("{actor}抄送[，说明：{note}]", "{actor} sent copies[: {note}]"),
    "filing.copy_read": Message("{actor}已阅", "{actor} has read it"),
    "filing.urged": Message("{actor}催办", "{actor} urged a decision"),
    "filing.rules_moved": Message(
        "{actor}将此件改按第 {version} 版方案办理，原因：{reason}",
        "{actor} moved it to version {version} of the rules: {reason}",
    ),
    "filing.reminded": Message("已提醒报送人，{due_at} 截止", "the author was reminded, due {due_at}"),
    "filing.fell_due": Message("已过截止时间，尚未提交", "the due time passed without a submission"),
    "filing.lapsed": Message("超过期限未提交，已失效", "it was not submitted in time and lapsed"),
    "filing.stage_reminded": Message("已提醒审批人", "the deciders were reminded"),
    "filing.escalated": Message("审批超时，上一级可以办理", "the stage is late; the next level may decide too"),
    "inspection.planned": Message("“{title}”列入计划，{due_at} 前完成", "“{title}” was planned, due {due_at}"),
    "inspection.assigned": Message("{actor}安排了检查人员", "{actor} named the inspectors"),
    "inspection.handed_over": Message("{actor}办理交接，原因：{reason}", "{actor} handed a place over: {reason}"),
    "inspection.seat_left": Message(
        "有检查人员已不能参加检查，尚未签字", "an inspector who has not signed can no longer inspect"
    ),
    "inspection.scored": Message("{actor}对“{item}”评 {points} 分", "{actor} gave “{item}” {points} points"),
    "inspection.signed": Message("{actor}签字，合计 {total} 分", "{actor} signed at {total} points in all"),
    "inspection.completed": Message("检查人员全部签字", "every inspector has signed"),
    "inspection.notified": Message(
        "已将结果通知被检查单位，{answer_by} 前答复", "the unit was told the result, answer due {answer_by}"
    ),
    "inspection.acknowledged": Message("结果已确认，{review_by} 前复核", "the result stands, review due {review_by}"),
    "inspection.disputed": Message("{actor}提出异议，原因：{reason}", "{actor} disputed the result: {reason}"),
    "inspection.reviewed": Message("{actor}完成复核[：{note}]", "{actor} ruled on the result[: {note}]"),
    "inspection.finalised": Message("结果确定：{result} 分", "the result is final: {result} points"),
    "inspection.cancelled": Message("{actor}取消了检查，原因：{reason}", "{actor} cancelled the inspection: {reason}"),
    "inspection.reminded": Message("已提醒检查人员", "the inspectors were reminded"),
    "inspection.reviewer_reminded": Message("已提醒复核人", "the reviewer was reminded"),
    "follow_up.opened": Message("“{title}”已建立，{due_at} 前办理", "“{title}” was opened, due {due_at}"),
    "follow_up.commended": Message("{actor}发布了表扬：{text}", "{actor} published the commendation: {text}"),
    "follow_up.visited": Message("{actor}登记了下校情况：{findings}", "{actor} recorded the visit: {findings}"),
    "follow_up.plan_agreed": Message("{actor}确定了改进方案：{plan}", "{actor} agreed the plan: {plan}"),
    "follow_up.verified": Message("{actor}核查通过[：{note}]", "{actor} verified it[: {note}]"),
    "follow_up.sent_back": Message("{actor}退回方案，原因：{reason}", "{actor} asked for a better plan: {reason}"),
    "follow_up.cancelled": Message("{actor}取消了跟进，原因：{reason}", "{actor} cancelled it: {reason}"),
    "follow_up.reminded": Message("已提醒办理人", "whose turn it is was reminded"),
    "person.registered": Message("{actor}登记了此人", "{actor} registered this person"),
    "person.name_corrected": Message("{actor}更正了姓名", "{actor} corrected the name"),
    "person.appointed": Message("{actor}增加了一项任职", "{actor} added an appointment"),
    "person.appointment_ended": Message(
        "{actor}将任职“{id}”的最后一天定为 {last_day}", "{actor} set the last day of appointment “{id}” to {last_day}"
    ),
    "person.appointment_revoked": Message(
        "{actor}结束了任职“{id}”，自 {ended_at} 起失效", "{actor} ended appointment “{id}” from {ended_at} on"
    ),
    "person.left": Message("{actor}登记此人离任", "{actor} recorded that this person left"),
    "person.handed_over": Message(
        "{actor}将此人的事项交接给{successor}，原因：{reason}",
        "{actor} handed what this person had to do over to {successor}: {reason}",
    ),
    "person.post_over": Message("任职“{id}”到期", "appointment “{id}” is over"),
    "person.post_begun": Message("任职“{id}”开始", "appointment “{id}” began"),
    "person.vacancy_filled": Message(
        "有事项等待的空缺岗位已有人任职", "a vacant post for which something waits is filled"
    ),
    "person.delegated": Message("{actor}委托了职务代理", "{actor} gave a delegation"),
    "person.delegation_ended": Message("代理“{id}”结束", "delegation “{id}” ended"),
    "unit.founded": Message("{actor}设立了该单位", "{actor} founded the unit"),
    "unit.renamed": Message("{actor}更改了单位名称", "{actor} renamed the unit"),
    "unit.moved": Message("{actor}将该单位划归“{parent}”", "{actor} moved the unit below “{parent}”"),
    "unit.closed": Message("{actor}撤销了该单位[，原因：{reason}]", "{actor} closed the unit[: {reason}]"),
    "unit.reopened": Message("{actor}恢复了该单位", "{actor} reopened the unit"),
    "rulebook.programme_adopted": Message(
        "{actor}采用方案第 {version} 版[，原因：{reason}]",
        "{actor} adopted version {version} of the programme[: {reason}]",
    ),
}

_TASKS: Mapping[str, Message] = {
    "submit": Message("待提交", "To submit"),
    "mend": Message("待修改", "To mend"),
    "decide": Message("待审批", "To decide"),
    "agree_too": Message("待会签", "To agree as well"),
    "name_decider": Message("待指定审批人", "To name a decider"),
    "extend": Message("待答复延期", "To answer an extension"),
    "read": Message("待阅", "To read"),
    "assign": Message("待安排检查人员", "To name inspectors"),
    "score": Message("待评分签字", "To score and sign"),
    "answer": Message("待答复", "To answer"),
    "review": Message("待复核", "To review"),
    "commend": Message("待发布表扬", "To commend"),
    "visit": Message("待下校", "To visit"),
    "agree_plan": Message("待定方案", "To agree a plan"),
    "verify": Message("待核查", "To verify"),
}

_KINDS: Mapping[str, Message] = {
    "county": Message("县", "county"),
    "cluster": Message("联片研修区", "cluster"),
    "school": Message("学校", "school"),
    "department": Message("部门", "department"),
    "group": Message("教研组", "research group"),
    "prep_group": Message("备课组", "lesson-preparation group"),
}

_RIGHTS: Mapping[str, Message] = {
    "read": Message("查看", "read"),
    "run_cycle": Message("管理周期", "run the cycle"),
    "waive": Message("免报", "waive"),
    "waive_within": Message("不上报件的免报", "waive what stays within"),
    "arrange": Message("组织检查", "arrange inspections"),
    "follow_up": Message("管理跟进", "manage follow-ups"),
    "audit": Message("审计", "audit"),
    "directory": Message("管理人员任职", "keep the directory"),
}

_CONDITIONS: Mapping[str, Message] = {
    # What is wrong with a condition of a stage; said of a place in the programme's text, and so without a stop.
    "too_long": Message(
        "条件超过 {limit} 个字符，请简化", "the condition is longer than {limit} characters; simplify it"
    ),
    "too_deep": Message("条件的层次太多，请简化", "the condition is nested too deep; simplify it"),
    "unfinished": Message("条件没有写完", "the condition is not finished"),
    "syntax": Message("“{found}”处不合 CEL 的写法", "this is not CEL from “{found}” on"),
    "not_admitted": Message("条件中不能用这种写法", "this cannot be used in a condition"),
    "not_a_condition": Message(
        "条件的结果须是“是”或“否”，这里是{found}", "a condition must come to true or false, and this is {found}"
    ),
    "variable_unknown": Message("没有变量“{name}”；可用：{known}", "there is no variable “{name}”; there are: {known}"),
    "field_unknown": Message(
        "没有“{name}”这一项[；是否应为“{near}”？]", "there is no field “{name}”[; did you mean “{near}”?]"
    ),
    "function_unknown": Message("没有函数“{name}”；可用：{known}", "there is no function “{name}”; there are: {known}"),
    "no_parts": Message("{found}没有“{name}”这一项", "{found} has no field “{name}”"),
    "wrong_kind": Message("此处应为{wanted}，这里是{found}", "this should be {wanted}, and it is {found}"),
    "incomparable": Message("{left}与{right}不能比较", "{left} cannot be compared with {right}"),
    "not_a_date": Message("“{value}”不是日期；请写作 2026-09-01", "“{value}” is not a date; write 2026-09-01"),
    "choice_unknown": Message("不会是“{value}”；可选：{choices}", "it is never “{value}”; the choices are: {choices}"),
    "arguments": Message("“{name}”括号内应有 {count} 项", "“{name}” wants {count} between its brackets"),
    "has_of_field": Message(
        "has 括号内应为一个字段，例如 has(fields.x)", "has wants a field between its brackets, as in has(fields.x)"
    ),
    "name_wanted": Message(
        "“{name}”括号内第一项应为一个新的名字", "“{name}” wants a new name first between its brackets"
    ),
    "nested_list": Message(
        "“{name}”不能放在另一个逐项判断之内", "“{name}” cannot stand inside another that goes through a list"
    ),
    "null_literal": Message(
        "条件中不能写 null；是否已填用 has(fields.x)",
        "null cannot be written; has(fields.x) says whether it was filled in",
    ),
    "number_too_large": Message("数字过大", "the number is too large"),
    "kind_bool": Message("是或否", "true or false"),
    "kind_number": Message("整数", "a whole number"),
    "kind_text": Message("文字", "a text"),
    "kind_date": Message("日期", "a date"),
    "kind_list": Message("列表", "a list"),
    "kind_record": Message("一组项目", "a group of fields"),
}

CATALOGUE: Mapping[str, Message] = {
    f"{family}.{key}": message
    for family, messages in (
        ("refusal", _REFUSALS),
        ("problem", _PROBLEMS),
        ("notice", _NOTICES),
        ("status", _STATUSES),
        ("command", _COMMANDS),
        ("event", _EVENTS),
        ("task", _TASKS),
        ("kind", _KINDS),
        ("right", _RIGHTS),
        ("condition", _CONDITIONS),
    )
    for key, message in messages.items()
} | {key: Message(zh, en) for key, (zh, en) in VIEW_WORDS.items()}
"""Every message by key."""

TIMES = frozenset({"due", "lapses", "due_at", "lapses_at", "answer_by", "review_by", "ended_at", "until", "again"})
"""Params that hold an instant, as an ISO string or a datetime."""

WORDS = frozenset({"status", "command", "kind", "right"})
"""Params whose value is itself a key of the catalogue, in the family of the param's name."""

_STOPS = ("。", ".")
_PAUSES = ("，", "；")
_ENDS = tuple("。.！!？?")
"""What a sentence may end with that somebody wrote."""
_MIXED = re.compile(r"[A-Za-z.!?][一-鿿]|[一-鿿][A-Za-z]")
_OPTIONAL = re.compile(r"\[(.*?)\]")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_YEAR = re.compile(r"\d{4}")
_WEEKDAYS = "一二三四五六日"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def render(
    key: str,
    lang: Lang,
    params: Mapping[str, Any] | None = None,
    *,
    zone: ZoneInfo = BEIJING,
    now: datetime | None = None,
) -> str:
    """Return the sentence of a key in a language, filled in.

    In English a param `x` gives way to `x_en` where there is one. What is missing shows as “…”; an unknown key shows as
    itself, because a page that says too little is better than no page. With `now`, times of this year lose their year.
    """
    message = CATALOGUE.get(key)
    return key if message is None else fill(message, lang, params or {}, zone=zone, now=now)


def fill(
    message: Message, lang: Lang, params: Mapping[str, Any], *, zone: ZoneInfo = BEIJING, now: datetime | None = None
) -> str:
    """Return a message's sentence in a language, filled in as `render` does."""
    # Every second piece stood in brackets.
    pieces = _OPTIONAL.split(message.zh if lang == "zh" else message.en)
    said = [_filled(piece, lang, params, zone, now) for piece in pieces]
    kept = (parts for number, (parts, whole) in enumerate(said) if whole or number % 2 == 0)
    return _joined(chain.from_iterable(kept), lang)


class _Part(NamedTuple):
    """A part of a sentence: our own words, or what was given."""

    text: str
    given: bool


def _filled(
    template: str, lang: Lang, params: Mapping[str, Any], zone: ZoneInfo, now: datetime | None
) -> tuple[list[_Part], bool]:
    """Return the template's parts, filled in, and whether nothing was missing."""
    parts: list[_Part] = []
    whole = True
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(_Part(literal, given=False))
        if name is not None:
            shown = _shown(name, lang, params, zone, now)
            parts.append(_Part(shown, given=True))
            whole = whole and shown != UNKNOWN
    return parts, whole


def _joined(parts: Iterable[_Part], lang: Lang) -> str:
    """Join a sentence's parts: one stop where what was given brings its own, and a space between Latin and Chinese."""
    text, after_given = "", False
    for part, given in parts:
        words = part
        if after_given and not given:
            if words[:1] in _STOPS and text[-1:] in _ENDS:
                words = words[1:]
            elif words[:1] in _PAUSES and text[-1:] == "。":
                text = text[:-1]
        if lang == "zh" and (after_given or given) and _MIXED.fullmatch(text[-1:] + words[:1]):
            text += " "
        text += words
        after_given = given if words else after_given
    return text


def when(at: datetime, lang: Lang, *, zone: ZoneInfo = BEIJING, now: datetime | None = None) -> str:
    """Return an instant as pages show it: 11月22日 周日 18:00, or 22 Nov, Sun 18:00.

    With `now`, an instant of another year carries its year.
    """
    local = at.astimezone(zone)
    today = local.date() if now is None else now.astimezone(zone).date()
    return f"{day(local.date(), lang, today=today)} {local:%H:%M}"


def day(on: date, lang: Lang, *, today: date | None = None) -> str:
    """Return a day as pages show it: 11月22日 周日, or 22 Nov, Sun; with its year unless `today` lies in the same."""
    with_year = today is None or today.year != on.year
    if lang == "zh":
        year = f"{on.year}年" if with_year else ""
        return f"{year}{on.month}月{on.day}日 周{_WEEKDAYS[on.weekday()]}"
    year = f" {on.year}" if with_year else ""
    return f"{on.day} {_MONTHS[on.month - 1]}{year}, {_DAYS[on.weekday()]}"


def _shown(name: str, lang: Lang, params: Mapping[str, Any], zone: ZoneInfo, now: datetime | None) -> str:
    value = params.get(f"{name}_en") if lang == "en" else None
    if value is None:
        value = params.get(name)
    if value is None or value == "":
        return UNKNOWN
    if name in TIMES:
        return _time(value, lang, zone, now)
    if name == "period":
        return _period(str(value), lang)
    if name in WORDS:
        word = CATALOGUE.get(f"{name}.{value}")
        return str(value) if word is None else word.zh if lang == "zh" else word.en
    return str(value)


def _period(period: str, lang: Lang) -> str:
    """A month or a school year in words; a term is already named by the programme."""
    if match := _MONTH.fullmatch(period):
        year, month = match[1], int(match[2])
        return f"{year}年{month}月" if lang == "zh" else f"{_MONTHS[month - 1]} {year}"
    if _YEAR.fullmatch(period):
        return f"{period}学年" if lang == "zh" else f"school year {period}"
    return period


def _time(value: Any, lang: Lang, zone: ZoneInfo, now: datetime | None) -> str:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return str(value) if at.tzinfo is None else when(at, lang, zone=zone, now=now)
