"""Words of my account."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.account.title": Message("我的账号", "My account"),
    "web.account.login": Message("登录名", "Login"),
    "web.account.posts": Message("任职", "Appointments"),
    "web.account.posts_help": Message(
        "任职由管理员登记，权限随任职而定。",
        "Appointments are entered by the administrator; what you may do comes from them.",
    ),
    "web.account.password": Message("密码", "Password"),
    "web.account.password_since": Message("上次修改：{at}", "Last changed: {at}"),
    "web.account.password_none": Message(
        "没有密码，只用统一身份认证登录。", "No password: you sign in by single sign-on."
    ),
    "web.account.change": Message("修改密码", "Change the password"),
    "web.account.change_first": Message("设置您自己的密码", "Choose a password of your own"),
    "web.account.change_first_lead": Message(
        "您用的是一次性密码。设置好新密码后，就可以继续。",
        "You came in with a one-time password. Choose a new one, then you can go on.",
    ),
    "web.account.change_lead": Message(
        "修改后，您在其他设备上的登录会全部结束。", "Your sign-ins on other devices end with the change."
    ),
    "web.account.current": Message("现在的密码", "Present password"),
    "web.account.new": Message("新密码", "New password"),
    "web.account.new_help": Message(
        "{min} 至 {max} 个字，长比复杂更安全。可以用几个不相关的词连成一句，中文也行；不要用姓名、学校、生日。",
        "{min} to {max} characters; long is better than complicated. A few unrelated words in a row will do. "
        "No names, schools or birthdays.",
    ),
    "web.account.again": Message("再输一次新密码", "New password again"),
    "web.account.again_differs": Message(
        "两次输入的新密码不一样。请重新输入。", "The two new passwords differ. Type them again."
    ),
    "web.account.current_wrong": Message(
        "密码不对，或者试了太多次。请核对后再试，或稍等一刻钟。",
        "The password is wrong, or there were too many attempts. Check it, or wait a quarter of an hour.",
    ),
    "web.account.save": Message("保存新密码", "Save the new password"),
    "web.account.cancel": Message("不修改", "Leave it as it is"),
    "web.account.totp": Message("两步验证", "Second factor"),
    "web.account.totp_on": Message(
        "已开启：登录时另需手机验证器上的验证码。", "On: signing in also needs a code from your phone."
    ),
    "web.account.totp_off": Message(
        "未开启。开启后，别人即使知道密码也进不来。", "Off. With it, nobody gets in who merely knows the password."
    ),
    "web.account.recovery_left": Message("剩余恢复码 {count} 个。", "Recovery codes left: {count}."),
    "web.account.totp_enrol": Message("开启两步验证", "Turn on the second factor"),
    "web.account.totp_remove": Message("关闭两步验证", "Turn off the second factor"),
    "web.account.totp_remove_help": Message("输入现在的密码以确认。", "Type your present password to confirm."),
    "web.account.totp_required": Message(
        "您的职务须使用两步验证，不能关闭。换手机时请联系本单位管理员重置。",
        "Your role asks for the second factor, so it stays on. For a new phone, ask your administrator to reset it.",
    ),
    "web.account.totp_lead": Message(
        "在手机上安装任意一款验证器（支持 TOTP），按下面两步开启。",
        "Install any authenticator app (TOTP) on your phone and take these two steps.",
    ),
    "web.account.totp_needed": Message(
        "您的职务须使用两步验证。开启后就可以继续。",
        "Your role asks for a second factor. Turn it on, then you can go on.",
    ),
    "web.account.totp_scan": Message("用验证器扫描这个二维码", "Scan this code with the app"),
    "web.account.totp_qr": Message("开启两步验证的二维码", "QR code that turns on the second factor"),
    "web.account.totp_here": Message("验证器就在本机上：直接打开", "The app is on this device: open it"),
    "web.account.totp_letters": Message("扫不了时，手工输入这串密钥：", "If you cannot scan it, type this key:"),
    "web.account.totp_type": Message("输入验证器显示的 6 位数字", "Type the six digits that the app shows"),
    "web.account.totp_go": Message("开启", "Turn on"),
    "web.account.code_wrong": Message(
        "验证码不对。请等验证器显示下一个再输入，并核对手机时间是否准确。",
        "The code is wrong. Wait for the next one, and see that the phone's clock is right.",
    ),
    "web.account.totp_unusable": Message(
        "两步验证现在不能开启：系统没有可用的密钥。请联系本单位管理员，由运维人员设置后再来。",
        "The second factor cannot be turned on now: the system has no key for it. Tell your administrator; once the "
        "operator has set one up, come back.",
    ),
    "web.account.recovery_title": Message("保存恢复码", "Save your recovery codes"),
    "web.account.recovery_lead": Message(
        "两步验证已开启。手机丢失时，可用下面任意一个恢复码登录，每个只能用一次。现在抄下或打印，收在稳妥的地方；"
        "离开本页后不再显示。",
        "The second factor is on. Without your phone, any one of these codes signs you in, each once. Write them down "
        "or print them now and keep them safe; they are not shown again.",
    ),
    "web.account.recovery_done": Message("我已保存，继续", "I have saved them; continue"),
    "web.account.sessions": Message("登录中的设备", "Where you are signed in"),
    "web.account.this_device": Message("本机", "this device"),
    "web.account.unknown_device": Message("未知设备", "unknown device"),
    "web.account.session_note": Message(
        "登录 {since}，最近使用 {seen}，地址 {address}", "Since {since}, last used {seen}, from {address}"
    ),
    "web.account.end": Message("结束", "End"),
    "web.account.end_label": Message("结束在 {device} 上的登录", "End the sign-in on {device}"),
    "web.account.end_others": Message("结束其他所有设备的登录", "End all others"),
    "web.account.sign_out": Message("退出登录", "Sign out"),
    "web.account.log": Message("最近的登录与变更", "Recent sign-ins and changes"),
    "web.account.log_help": Message(
        "有不是您本人的记录时，请马上修改密码，并告诉本单位管理员。",
        "If something here was not you, change your password at once and tell your administrator.",
    ),
    "web.account.by": Message("由{name}办理", "by {name}"),
    "web.account.by_system": Message("由系统办理", "by the system"),
    "web.account.what.signed_in": Message("登录", "Signed in"),
    "web.account.what.signed_in_by_oidc": Message("用统一身份认证登录", "Signed in by single sign-on"),
    "web.account.what.wrong": Message("密码不对，没有登录", "Wrong password; not signed in"),
    "web.account.what.held_back": Message("尝试太多，没有受理", "Too many attempts; held back"),
    "web.account.what.code_wanted": Message("密码正确，等待验证码", "Right password; the code was asked for"),
    "web.account.what.code_wrong": Message("验证码不对，没有登录", "Wrong code; not signed in"),
    "web.account.what.recovery_code_used": Message("用恢复码登录", "Signed in with a recovery code"),
    "web.account.what.no_post": Message("没有任职，没有登录", "No appointment; not signed in"),
    "web.account.what.oidc_unknown": Message("统一身份认证没有对应账号", "Single sign-on without an account here"),
    "web.account.what.account_made": Message("建立账号", "Account made"),
    "web.account.what.one_time_issued": Message("签发一次性密码", "One-time password issued"),
    "web.account.what.login_changed": Message("修改登录名", "Login changed"),
    "web.account.what.password_changed": Message("修改密码", "Password changed"),
    "web.account.what.totp_enrolled": Message("开启两步验证", "Second factor turned on"),
    "web.account.what.totp_removed": Message("关闭两步验证", "Second factor turned off"),
    "web.said.password_changed": Message(
        "密码已修改，其他设备上的登录已结束。", "The password is changed, and sign-ins on other devices have ended."
    ),
    "web.said.totp_removed": Message("两步验证已关闭。", "The second factor is off."),
    "web.said.session_ended": Message("已结束。", "Ended."),
}
