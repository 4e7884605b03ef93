"""Words of delegations and of handing over."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.absence.for": Message("代 {name}", "for {name}"),
    "web.absence.acting": Message(
        "您正在代 {name} 办理，记录中会写明由您代办。", "You act in the stead of {name}; the record says so."
    ),
    "web.absence.acting_end": Message("以本人名义查看", "Look in my own name"),
    "web.absence.offer": Message("您可以代 {name} 办理此件", "You may act on this in the stead of {name}"),
    "web.absence.title": Message("职务代理", "Acting for others"),
    "web.absence.help": Message(
        "外出期间由他人代您审批、填报。代理人只能使用您的任职，不能审批您或本人报送的材料；到期自动结束，您本人随时可以办理。",
        "While you are away somebody decides and files in your stead, with your posts and nothing else, and never "
        "decides on what you or they filed. It ends by itself; you may go on acting yourself.",
    ),
    "web.absence.link": Message("委托或结束代理", "Give or end a delegation"),
    "web.absence.now": Message("由谁代理我", "Who acts for me"),
    "web.absence.now_person": Message("由谁代理", "Who acts for them"),
    "web.absence.now_none": Message("目前没有委托他人代理。", "Nobody acts for you now."),
    "web.absence.now_person_none": Message("目前没有委托他人代理。", "Nobody acts for them now."),
    "web.absence.received": Message("我代理谁", "For whom I act"),
    "web.absence.received_none": Message("目前没有人委托您代理。", "You act for nobody now."),
    "web.absence.received_person_none": Message("目前没有代理他人。", "They act for nobody now."),
    "web.absence.received_person": Message("代理谁", "For whom they act"),
    "web.absence.past": Message("以往的代理", "Past delegations"),
    "web.absence.by": Message("由 {delegate} 代理", "{delegate} acts"),
    "web.absence.of": Message("代 {giver} 办理", "In the stead of {giver}"),
    "web.absence.by_of": Message("{delegate} 代 {giver}", "{delegate} for {giver}"),
    "web.absence.span": Message("{first} 至 {last}", "{first} to {last}"),
    "web.absence.ended": Message("{first} 至 {last}，{at} 结束", "{first} to {last}, ended {at}"),
    "web.absence.all_documents": Message("全部文种", "all documents"),
    "web.absence.later": Message("尚未开始", "not begun"),
    "web.absence.give": Message("委托代理", "Have somebody act"),
    "web.absence.delegate": Message("代理人", "Who acts"),
    "web.absence.delegate_help": Message(
        "填写工号，或姓名（没有重名时）。", "The staff number, or the name where only one bears it."
    ),
    "web.absence.person_unknown": Message(
        "没有找到此人，或此人目前没有任职。请填写工号或全名，只填一人。",
        "Nobody with a post has that number or name. Give one staff number or one whole name.",
    ),
    "web.absence.person_several": Message(
        "“{name}”不能确定是哪一位。请填写工号。", "“{name}” may be several people. Give the staff number."
    ),
    "web.absence.documents": Message("限于文种", "Only these documents"),
    "web.absence.documents_help": Message("不选即为全部。", "None chosen: all."),
    "web.absence.first_day": Message("开始日期", "First day"),
    "web.absence.last_day": Message("结束日期（含当天）", "Last day (included)"),
    "web.absence.reason": Message("原因", "Reason"),
    "web.absence.end": Message("结束代理", "End"),
    "web.absence.end_label": Message(
        "结束 {delegate} 代 {giver} 的代理", "End that {delegate} acts in the stead of {giver}"
    ),
    "web.hand_over.title": Message("离职交接", "Handing over"),
    "web.hand_over.help": Message(
        "一次把此人未办结的事项交给接手人：要么全部办成，要么都不变。已经办过的仍记在原办理人名下。",
        "Gives everything open of this person to a successor at once: all of it or nothing. What was done stays "
        "in the name of who did it.",
    ),
    "web.hand_over.link": Message("离职交接", "Hand over"),
    "web.hand_over.posts_open": Message("现任职务", "Posts held now"),
    "web.hand_over.posts_none": Message("目前没有任职。", "No post is held."),
    "web.hand_over.waiting": Message("待办 {count} 件", "{count} waiting"),
    "web.hand_over.others": Message("同任此职：{names}", "also held by {names}"),
    "web.hand_over.alone": Message("没有其他人担任此职", "nobody else holds it"),
    "web.hand_over.waits": Message("在这些任职上待办的事项", "What waits at these posts"),
    "web.hand_over.waits_help": Message(
        "移交任职后由接手人办理；不移交的任职，由同任此职的人或补任的人办理。",
        "They go with a post that goes too; else they are for whoever else holds it, or will.",
    ),
    "web.hand_over.moves": Message("将转给接手人的报送件", "Filings that go to the successor"),
    "web.hand_over.moves_none": Message("没有指名由此人办理或报送的报送件。", "No filing names this person."),
    "web.hand_over.seats": Message("尚未签字的检查", "Inspections not signed yet"),
    "web.hand_over.seats_help": Message(
        "由接手人接替。已评的分仍记在原评分人名下，接手人核对后签字，对全部得分负责。"
        "接手人不能担任检查人员，或在被检查单位任职、已在检查组中的，不转交，请组织者重新安排。",
        "The successor has the place. Points already given stay in the name of who gave them; the successor looks them "
        "through, signs, and stands for all of them. Where the successor may not inspect, works at the unit or is on "
        "the panel already, it stays here, and whoever arranges it names somebody else.",
    ),
    "web.hand_over.seats_left": Message(
        "这些检查还没有转交：接手人不能担任检查人员，或在被检查单位任职、已在检查组中。请组织者重新安排，或交给其他接手人。",
        "These were not handed over: the successor may not inspect there, works at the unit, or is on the panel "
        "already. Whoever arranges them names somebody else, or another successor takes them.",
    ),
    "web.hand_over.stays": Message("需另行安排", "To be arranged anew"),
    "web.hand_over.stays_help": Message(
        "这些事项指名由此人办理，不能直接转交。请打开后由组织者重新安排。",
        "These name the person and cannot simply be passed on. Whoever arranged them names somebody else.",
    ),
    "web.hand_over.delegations": Message(
        "另有 {count} 项代理，离任时自动结束", "{count} delegations, which end by themselves"
    ),
    "web.hand_over.do": Message("办理交接", "Hand over"),
    "web.hand_over.successor": Message("接手人", "Successor"),
    "web.hand_over.posts": Message("一并移交的任职", "Posts that go too"),
    "web.hand_over.leaves": Message(
        "此人离任（结束全部任职和代理）", "The person leaves: all posts and delegations end"
    ),
    "web.hand_over.last": Message("已交给 {successor}", "Handed over to {successor}"),
    "web.hand_over.last_posts": Message("移交的任职", "Posts that went"),
    "web.hand_over.last_moved": Message("移交的事项", "What went"),
    "web.hand_over.because": Message("原因：{reason}", "Reason: {reason}"),
    "web.hand_over.last_none": Message("没有需要转交的事项。", "There was nothing to hand over."),
    "web.said.person.hand_over": Message("交接已办理，结果见下。", "Handed over; what became of it is below."),
    "web.said.person.delegate": Message("代理已登记，双方都会收到通知。", "Noted; both are told."),
    "web.said.person.end_delegation": Message("代理已结束，双方都会收到通知。", "Ended; both are told."),
}
