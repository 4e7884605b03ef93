"""Words of a person's page."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.people.now": Message("现任", "Posts now"),
    "web.people.now_none": Message("目前没有任职，因此没有任何权限。", "No post now, and so no right."),
    "web.people.later": Message("即将任职", "Posts to come"),
    "web.people.before": Message("曾任", "Posts before"),
    "web.people.from_to": Message("{first} 至 {last}", "{first} to {last}"),
    "web.people.since": Message("{first} 起", "since {first}"),
    "web.people.ended_at_once": Message("{first} 起，{at} 即时结束", "since {first}, ended at once on {at}"),
    "web.people.staff_no": Message("工号 {staff_no}", "Staff number {staff_no}"),
    "web.people.login": Message("登录名 {login}", "Login {login}"),
    "web.people.lately": Message("近期办理", "Lately"),
    "web.people.lately_none": Message("近期没有您可以查看的办理记录。", "Nothing lately that you may see."),
    "web.people.on_title": Message("某一天的权限", "Rights on a day"),
    "web.people.on": Message("日期", "Day"),
    "web.people.on_show": Message("查看", "Show"),
    "web.people.on_day": Message("{day} 担任的职务和由此产生的权限", "Posts held on {day}, and the rights they give"),
    "web.people.on_none": Message("{day} 没有任职，因此没有任何权限。", "No post on {day}, and so no right."),
    "web.people.on_wrong": Message("请写完整的日期，例如 2026-09-01。", "Give a whole date, such as 2026-09-01."),
    "web.people.on_note": Message(
        "权限按当日所用的方案说明：", "The rights are those that the rules in force that day gave to the role:"
    ),
    "web.people.right_none": Message("办理本职务的事项", "the business of the post itself"),
    "web.people.trail": Message("查看全部变动记录", "Every change, in order"),
    "web.people.manage": Message("人员管理", "Administration"),
    "web.people.appoint": Message("任职", "Appoint"),
    "web.people.first_day": Message("任职起", "First day"),
    "web.people.last_day": Message("任职止", "Last day"),
    "web.people.last_day_help": Message("不填表示没有定期限", "Leave empty for no end"),
    "web.people.end": Message("结束任职", "End a post"),
    "web.people.end_which": Message("哪一项任职", "Which post"),
    "web.people.end_day_help": Message(
        "任职的最后一天。不填则立即结束，此人由此项任职得到的权限马上停止。",
        "The last day of the post. Left empty, it ends at once, and with it every right it gives.",
    ),
    "web.people.correct_name": Message("更正姓名", "Correct the name"),
    "web.people.leave": Message("登记离任", "Record that this person left"),
    "web.people.leave_help": Message(
        "结束此人的全部任职（{count} 项），所有权限和登录立即停止。此人的办理记录都保留。离任后不能再任职。",
        "Ends every post ({count}); all rights and sign-ins stop at once. The records stay. It cannot be undone.",
    ),
    "web.people.password": Message("发放一次性密码", "Issue a one-time password"),
    "web.people.password_help": Message(
        "只显示一次。原有密码和登录立即失效，首次登录时须改密码。",
        "Shown once. The earlier password and sign-ins end at once; it is changed at first use.",
    ),
    "web.people.totp": Message("重置两步验证", "Reset the second factor"),
    "web.people.totp_help": Message(
        "用于手机和恢复码都不在手边的人，请先当面或打电话确认是本人。重置后凭密码登录，岗位要求两步验证的，登录时重新开启。",
        "For somebody who has neither the phone nor a recovery code; first make sure in person or by telephone that it "
        "is they. They then sign in by password, and set it up anew where their role asks for it.",
    ),
    "web.said.totp_reset": Message(
        "两步验证已重置，可凭密码登录。", "The second factor is reset; the password signs in."
    ),
    "web.people.password_issued": Message("{name}的一次性密码", "One-time password of {name}"),
    "web.people.password_tell": Message(
        "请现在抄下并当面交给本人。离开此页后无法再查看，只能重新发放。三十天内有效。",
        "Note it down and hand it over in person. It cannot be shown again, only issued anew. Good for thirty days.",
    ),
    "web.people.account_made": Message("登录名：{login}", "Login: {login}"),
}
