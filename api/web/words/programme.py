"""Words of the programme's pages."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.programme.version": Message("第 {version} 版", "Version {version}"),
    "web.programme.in_force": Message("现行", "In force"),
    "web.programme.not_in_force": Message("不是现行方案", "Not in force"),
    "web.programme.stored": Message("{day} 存入", "stored {day}"),
    "web.programme.digest": Message("摘要 {digest}", "digest {digest}"),
    "web.programme.not_in_force_note": Message(
        "这不是现行方案。按它发布的学年仍照它办理。",
        "These rules are not in force. School years that were published by them still go by them.",
    ),
    "web.programme.adopted": Message(
        "{at} 由{who}采用[，原因：{reason}]。", "In force since {at}, adopted by {who}[. Reason: {reason}]."
    ),
    "web.programme.named": Message("《{title}》第 {version} 版", "{title}, version {version}"),
    "web.programme.adoptions": Message("采用记录", "What was in force, and since when"),
    "web.programme.adoptions_text": Message(
        "每次采用都记入台账：何时、何人、何故。岗位和权限以当时采用的方案为准。",
        "Each adoption is an event of the ledger: when, by whom and why. Roles and rights are those of the rules in "
        "force at the time.",
    ),
    "web.programme.to_adoptions": Message("采用记录与更换", "All adoptions, and adopting another version"),
    "web.programme.changed_then": Message("当时的改动", "What changed then"),
    "web.programme.trail": Message("查看留痕", "See the audit trail"),
    "web.programme.adopt": Message("采用另一版本", "Put another version in force"),
    "web.programme.adopt_which": Message("采用哪个版本", "Which version"),
    "web.programme.adopt_help": Message(
        "自采用之时起，岗位和权限以所选版本为准，其中的新单位随之设立。学年和在办事项仍按原方案办理，需要时另行改按。",
        "From then on the roles and rights are those of the version chosen, and its new units are founded. School "
        "years and what is under way go by their rules as before; they are moved separately.",
    ),
    "web.programme.adopt_reason_help": Message(
        "记入台账，例如批复文号。", "The ledger keeps it, such as the decision’s number."
    ),
    "web.programme.adopt_none": Message(
        "台账中没有其他版本。新版本用命令 termledger adopt 存入并采用。",
        "The ledger has no other version. The command termledger adopt stores a new one and puts it in force.",
    ),
    "web.said.rulebook.adopt": Message(
        "方案已采用，岗位和权限现以它为准。", "It is in force; roles and rights are by it now."
    ),
    "web.programme.to_in_force": Message("查看现行方案", "See the rules in force"),
    "web.programme.download": Message("下载方案文件（YAML）", "Download as a file (YAML)"),
    "web.programme.bpmn": Message("下载流程图文件（BPMN）", "Download as a diagram (BPMN)"),
    "web.programme.bpmn_of": Message("下载“{title}”的流程图文件（BPMN）", "Download “{title}” as a diagram (BPMN)"),
    "web.programme.compare": Message("与其他版本比较", "Compare versions"),
    "web.programme.contents": Message("目录", "Contents"),
    "web.programme.used_by": Message("用于", "Used by"),
    "web.programme.used_by_none": Message("还没有学年按此方案办理。", "No school year goes by these rules yet."),
    "web.programme.versions": Message("其他版本", "Other versions"),
    "web.programme.version_stored": Message(
        "第 {version} 版，{day} 存入，摘要 {digest}", "Version {version}, stored {day}, digest {digest}"
    ),
    "web.programme.version_in_force": Message(
        "第 {version} 版（现行），{day} 存入，摘要 {digest}",
        "Version {version} (in force), stored {day}, digest {digest}",
    ),
    "web.programme.top": Message("回到目录", "Back to the contents"),
    "web.programme.labelled": Message("{label}：{words}", "{label}: {words}"),
    "web.programme.count": Message("{count} 项", "{count}"),
    # -- pictures
    "web.programme.machines": Message("各类事项怎样流转", "How each kind of business goes"),
    "web.programme.machines_text": Message(
        "方框是状态，箭头是办理，带钟面的到时间由系统办理。提醒、意见等不改变状态的不画。",
        "Boxes are states, arrows are what is done; a clock marks what time alone brings about. What changes no state, "
        "such as reminders and comments, is not drawn.",
    ),
    "web.programme.pipelines_text": Message(
        "实线是通常的路，虚线是退回、不同意和超时后的转办。上下并列的环节同时办理，全部通过后汇合。",
        "Solid lines are the usual way, dashed ones returns, rejections and escalations. Stages above each other run "
        "at the same time and join when all are through.",
    ),
    "web.programme.machine.cycle": Message("学年周期", "The school year"),
    "web.programme.machine.filing": Message("报送件", "Filings"),
    "web.programme.machine.inspection": Message("检查评估", "Inspections"),
    "web.programme.machine.follow_up": Message("跟进", "Follow-ups"),
    "web.programme.machine.person": Message("人员", "People"),
    "web.programme.machine.unit": Message("单位", "Units"),
    "web.programme.machine.rulebook": Message("现行方案", "The rules in force"),
    "web.programme.picture_of": Message("流程图：{title}，可左右滚动", "Picture of {title}, scrolls sideways"),
    "web.programme.picture_label": Message(
        "流程图：{title}。下面有文字说明。", "Picture of {title}. The same is told in words below."
    ),
    "web.programme.way_picture": Message("审批流程图", "The path as a picture"),
    "web.programme.stands.now": Message("现在：{nodes}。", "Now: {nodes}."),
    "web.programme.stands.passed": Message("已过：{nodes}。", "Passed: {nodes}."),
    "web.programme.stands.left_out": Message("不经过：{nodes}。", "Left out: {nodes}."),
    "web.programme.in_words": Message("文字说明", "The same in words"),
    "web.programme.way": Message("{source} → {target}：{words}", "{source} → {target}: {words}"),
    "web.programme.way_in": Message("开始 → {target}：{words}", "Beginning → {target}: {words}"),
    "web.programme.or": Message("或", " or "),
    "web.programme.by_time": Message("（到时间由系统办理）", "(by time alone)"),
    # -- differences
    "web.programme.difference": Message("两个版本的不同", "What two versions differ in"),
    "web.programme.from": Message("原版本", "From"),
    "web.programme.to": Message("新版本", "To"),
    "web.programme.show_difference": Message("比较", "Compare"),
    "web.programme.same": Message(
        "选的是同一个版本。请选择两个不同的版本。", "This is one and the same version. Choose two different ones."
    ),
    "web.programme.only_one": Message(
        "台账中只有一个版本，没有可比较的。", "The ledger has one version only; there is nothing to compare it with."
    ),
    "web.programme.no_difference": Message("两个版本的规则没有不同", "The rules of these versions do not differ"),
    "web.programme.differences": Message("{count} 处不同", "differing: {count}"),
    "web.programme.change.added": Message("＋ 新增", "＋ added"),
    "web.programme.change.removed": Message("－ 取消", "－ removed"),
    "web.programme.change.changed": Message("有改动", "changed"),
    "web.programme.was": Message("原为", "was"),
    "web.programme.becomes": Message("改为", "becomes"),
}
