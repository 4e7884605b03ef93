"""Words that every page shares: the frame, forms, buttons, errors, seals."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    # -- the frame
    "web.common.product": Message("研修台账", "Termledger"),
    "web.common.skip": Message("跳到正文", "Skip to the content"),
    "web.common.menu": Message("菜单", "Menu"),
    "web.common.nav": Message("主导航", "Main navigation"),
    "web.common.language": Message("English", "中文"),
    "web.common.language_label": Message("Switch to English", "切换为中文"),
    "web.common.sign_out": Message("退出登录", "Sign out"),
    "web.common.sign_in": Message("登录", "Sign in"),
    "web.common.time_here": Message("台账时间：{now}", "Ledger time: {now}"),
    "web.nav.desk": Message("我的待办", "My desk"),
    "web.nav.filings": Message("报送件", "Filings"),
    "web.nav.board": Message("进度总览", "Board"),
    "web.nav.inspections": Message("检查评估", "Inspections"),
    "web.nav.cycle": Message("学年日程", "School year"),
    "web.nav.programme": Message("研修方案", "Programme"),
    "web.nav.audit": Message("留痕", "Audit"),
    "web.nav.directory": Message("人员单位", "Directory"),
    "web.nav.account": Message("我的账号", "My account"),
    # -- forms
    "web.common.required": Message("必填", "required"),
    "web.common.optional": Message("选填", "optional"),
    "web.common.error_of": Message("{label}：{sentence}", "{label}: {sentence}"),
    "web.common.errors_title": Message("有 {count} 处需要修改", "Mend {count} of the fields below"),
    "web.common.not_done": Message("本次没有办理", "This was not carried out"),
    "web.common.kept": Message(
        "您填写的内容都还在下面，没有丢失。", "Everything you typed is still below; nothing is lost."
    ),
    "web.common.save": Message("保存", "Save"),
    "web.common.cancel": Message("取消", "Cancel"),
    "web.common.confirm": Message("确认", "Confirm"),
    "web.common.back": Message("返回", "Back"),
    "web.common.open": Message("打开", "Open"),
    "web.common.more": Message("更多", "More"),
    "web.common.next_page": Message("下一页", "Next page"),
    "web.common.first_page": Message("回到第一页", "First page"),
    "web.common.search": Message("查找", "Search"),
    "web.common.filter": Message("筛选", "Filter"),
    "web.common.clear": Message("清除条件", "Clear"),
    "web.common.all": Message("全部", "All"),
    "web.common.none": Message("无", "None"),
    "web.common.export": Message("导出 Excel", "Export to Excel"),
    "web.common.print": Message("打印", "Print"),
    "web.common.due": Message("截止", "Due"),
    "web.common.unit": Message("单位", "Unit"),
    "web.common.status": Message("状态", "Status"),
    "web.common.period": Message("时段", "Period"),
    "web.common.duty": Message("任务", "Duty"),
    "web.common.subject": Message("学科", "Subject"),
    "web.common.person": Message("人员", "Person"),
    "web.common.role": Message("职务", "Role"),
    "web.common.reason": Message("原因", "Reason"),
    "web.common.comment": Message("意见", "Comment"),
    "web.common.somebody": Message("姓名已清除", "Name erased"),
    "web.common.system": Message("系统", "The system"),
    "web.common.saved_at": Message("已自动保存 {clock}", "Saved {clock}"),
    "web.common.save_failed": Message(
        "暂时没有保存到台账，文字已留在本机，联网后自动保存。",
        "Not saved to the ledger just now. Your text is kept on this device and saved when the network is back.",
    ),
    "web.common.signed_out_meanwhile": Message(
        "登录已过期，文字已留在本机。提交时会请您重新登录，内容不会丢失。",
        "Your sign-in has expired. Your text is kept on this device; you will be asked to sign in when you submit.",
    ),
    "web.common.offline": Message(
        "现在没有网络，没有提交。文字已留在本机，联网后请再按一次。",
        "There is no network, so nothing was sent. Your text is kept on this device; press again when it is back.",
    ),
    "web.common.restored": Message(
        "已恢复您上次未提交的文字。", "What you typed here last time, and did not send, is back."
    ),
    "web.common.changed_after_sending": Message(
        "刚才的内容已经提交过，之后又有改动。请查看最新情况，再按一次提交改动后的内容。",
        "This form was already sent and then changed. Look at how things stand now, then press again to send it as it "
        "is.",
    ),
    "web.common.sending": Message("正在提交……", "Sending…"),
    # -- what was done
    "web.said.done": Message("已办理。", "Done."),
    "web.said.saved": Message("已保存。", "Saved."),
    "web.said.language": Message("已切换语言。", "The language is switched."),
    # -- seals: two to four characters
    "web.seal.approve": Message("同意", "Approved"),
    "web.seal.receive": Message("签收", "Received"),
    "web.seal.return": Message("退回", "Returned"),
    "web.seal.reject": Message("不同意", "Rejected"),
    "web.seal.sign": Message("签字", "Signed"),
    "web.seal.acknowledge": Message("已阅", "Read"),
    "web.seal.label": Message("{word}：{role} {name}，{at}", "{word}: {role} {name}, {at}"),
    # -- periods
    "web.period.month": Message("{period}", "{period}"),
    "web.period.term": Message("{year}–{next} 学年{term}", "{term} {year}–{next}"),
    "web.period.year": Message("{year}–{next} 学年", "School year {year}–{next}"),
    # -- tones: the shape's word
    "web.tone.pending": Message("未到期", "Not due"),
    "web.tone.open": Message("待办理", "Open"),
    "web.tone.review": Message("审批中", "In review"),
    "web.tone.done": Message("已完成", "Done"),
    "web.tone.late": Message("逾期", "Late"),
    "web.tone.returned": Message("已退回", "Returned"),
    "web.tone.lapsed": Message("已失效", "Lapsed"),
    "web.tone.waived": Message("免报", "Waived"),
    # -- errors
    "web.error.title": Message("没有办成", "This did not work"),
    "web.error.title_403": Message("这里需要别的权限", "This needs another right"),
    "web.error.title_404": Message("没有找到", "Not found"),
    "web.error.title_409": Message("情况有了变化", "Something has changed"),
    "web.error.title_412": Message("情况有了变化", "Something has changed"),
    "web.error.title_413": Message("内容太大", "Too large"),
    "web.error.title_422": Message("需要修改", "This needs a change"),
    "web.error.title_429": Message("请稍候再试", "Wait a little"),
    "web.error.title_500": Message("系统出了故障", "A fault of ours"),
    "web.error.title_503": Message("台账暂时没有应答", "The ledger does not answer"),
    "web.error.what_next": Message("可以这样做", "What you can do"),
    "web.error.to_desk": Message("回到我的待办", "Go to my desk"),
    "web.error.to_list": Message("从报送件列表中查找", "Look in the list of filings"),
    "web.error.written": Message(
        "您写的文字没有提交，可以从这里复制：", "What you wrote was not sent. It is here to copy:"
    ),
    "web.error.again": Message("用原来的内容再提交一次", "Send the same again"),
    "web.error.kept": Message(
        "您刚才填写的内容保存在这个页面里。请不要关闭页面，稍候按下面的按钮再提交；不会重复办理。",
        "What you typed is kept in this page. Keep it open and press the button in a moment; "
        "nothing is ever carried out twice.",
    ),
}
