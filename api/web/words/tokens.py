"""Words of the API tokens' page."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.tokens.title": Message("接口令牌", "API tokens"),
    "web.tokens.title_of": Message("{name}的接口令牌", "API tokens of {name}"),
    "web.tokens.lead": Message(
        "令牌让程序以您的名义调用接口。程序能做的不会超过您的任职，也不会超过您在这里给的范围。",
        "A token lets a program call the API in your name. It can never do more than your appointments let you, nor "
        "more than you allow here.",
    ),
    "web.tokens.lead_of": Message(
        "这些令牌以此人（或此服务）的名义调用接口。请只发给负责该程序的人。",
        "These tokens call the API in the name of this person or service. Give one only to whoever runs the program.",
    ),
    "web.tokens.secret": Message("新令牌，只显示这一次", "The new token, shown this once"),
    "web.tokens.secret_help": Message(
        "请现在复制到程序的配置中。离开本页后无法再看到；丢失时请撤销并另发一个。",
        "Copy it into the program's settings now. It cannot be shown again; if it is lost, revoke it and issue a new "
        "one.",
    ),
    "web.tokens.issue": Message("新发令牌", "Issue a token"),
    "web.tokens.name": Message("名称", "Name"),
    "web.tokens.name_help": Message("用在哪里，如“报表程序”", "Where it is used, such as “monthly statistics”"),
    "web.tokens.scope": Message("允许", "May"),
    "web.tokens.scope_read": Message("查看事项和名单", "read what I may read"),
    "web.tokens.scope_act": Message("办理（提交、审批、评分等）", "act: submit, approve, score"),
    "web.tokens.scope_directory": Message("变动人员和单位", "change the directory"),
    "web.tokens.scope_audit": Message("查看留痕、校验台账", "read audit trails, verify the ledger"),
    "web.tokens.days": Message("有效天数", "Days it is good for"),
    "web.tokens.days_help": Message("最多 {longest} 天", "At most {longest}"),
    "web.tokens.go": Message("发令牌", "Issue"),
    "web.tokens.mine": Message("已发的令牌", "Tokens"),
    "web.tokens.none": Message("还没有令牌", "No tokens yet"),
    "web.tokens.none_text": Message(
        "只有程序要调用接口时才需要令牌；自己办理业务用不着。",
        "A token is needed only when a program is to call the API; for your own work there is no need of one.",
    ),
    "web.tokens.note": Message(
        "{created} 发，{expires} 到期[，最近使用 {used}]", "issued {created}, ends {expires}[, last used {used}]"
    ),
    "web.tokens.by": Message("由 {name} 发", "issued by {name}"),
    "web.tokens.revoked": Message("{at} 已撤销", "revoked {at}"),
    "web.tokens.over": Message("已到期", "ended"),
    "web.tokens.revoke": Message("撤销", "Revoke"),
    "web.tokens.revoke_label": Message("撤销令牌“{name}”", "Revoke the token “{name}”"),
    "web.tokens.link": Message("接口令牌", "API tokens"),
    "web.tokens.link_help": Message("程序调用接口时使用", "for programs that call the API"),
    "web.said.token_revoked": Message("令牌已撤销，立即失效。", "The token is revoked and no longer good anywhere."),
}
