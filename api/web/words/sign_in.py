"""Words of signing in and out."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.sign_in.title": Message("登录", "Sign in"),
    "web.sign_in.motto": Message("谁批的，何时批的，当时怎么写的。", "Who approved it, when, and what it said then."),
    "web.sign_in.tenant": Message("单位", "Bureau or school"),
    "web.sign_in.choose_tenant": Message("请选择您的单位。", "Choose your bureau or school."),
    "web.sign_in.login": Message("登录名", "Login"),
    "web.sign_in.login_help": Message(
        "由本单位管理员告知，一般是工号。", "Your administrator gave it to you; often your staff number."
    ),
    "web.sign_in.password": Message("密码", "Password"),
    "web.sign_in.go": Message("登录", "Sign in"),
    "web.sign_in.or": Message("或", "or"),
    "web.sign_in.oidc": Message("用{label}登录", "Sign in with {label}"),
    "web.sign_in.continue_help": Message(
        "统一身份认证会在新标签页打开。完成登录后回到本页，按“继续”。",
        "The single sign-on opens in a new tab. When you are signed in, come back here and press “Continue”.",
    ),
    "web.sign_in.continue": Message("已登录，继续", "I am signed in; continue"),
    "web.sign_in.forgotten": Message("忘记密码？", "Password forgotten?"),
    "web.sign_in.forgotten_help": Message(
        "请联系本单位管理员。核对身份后会给您一个一次性密码，用它登录后自行设置新密码。",
        "Ask your administrator (the office). Once they know it is you, they give you a one-time password; sign in "
        "with it and choose a new one.",
    ),
    "web.sign_in.wrong": Message(
        "登录名或密码不对，或者短时间内试了太多次。请核对后再试；仍不行，请等一刻钟，或联系本单位管理员。",
        "The login or the password is wrong, or there were too many attempts. Check both and "
        "try again; if it still fails, wait a quarter of an hour or ask your administrator.",
    ),
    "web.sign_in.code_wrong": Message(
        "验证码不对、已经用过，或者试了太多次。请等验证器显示下一个验证码再输入。",
        "The code is wrong or used, or there were too many attempts. Wait for the next code and type that.",
    ),
    "web.sign_in.code_unchecked": Message(
        "您的两步验证现在核对不了：系统这边缺少密钥，不是您的验证码有误。可以用一个恢复码登录，或请本单位管理员重置两步验证。",
        "Your second factor cannot be checked now: its key is missing here; your code is not at fault. Sign in with a "
        "recovery code, or ask your administrator to reset the second factor.",
    ),
    "web.sign_in.too_late": Message(
        "输入验证码的时间已过。请重新登录。", "The time for the code has passed. Sign in again."
    ),
    "web.sign_in.no_post": Message(
        "密码正确，但您目前没有任职，不能进入。如有疑问，请联系本单位管理员。",
        "The password is right, but you hold no appointment now, so you cannot come in. Ask your administrator.",
    ),
    "web.sign_in.unknown_subject": Message(
        "统一身份认证已认出您，但这里没有与之对应的账号。请用密码登录，或联系本单位管理员。",
        "The single sign-on knows you, but no account here is yours. Sign in with a password, or ask your "
        "administrator.",
    ),
    "web.sign_in.why_ended": Message("登录已过期，请重新登录。", "You are no longer signed in. Please sign in again."),
    "web.sign_in.why_no_post": Message(
        "您目前没有任职，已退出登录。如有疑问，请联系本单位管理员。",
        "You hold no appointment now and were signed out. Ask your administrator if this is unexpected.",
    ),
    "web.sign_in.not_in": Message("没有登录", "Not signed in"),
    "web.sign_in.why_signed_out": Message("已退出登录。", "You are signed out."),
    "web.sign_in.why_oidc": Message(
        "统一身份认证没有完成，您还没有登录。请再试一次，或用密码登录。",
        "The single sign-on was not completed, so you are not signed in. Try again, or sign in with a password.",
    ),
    "web.sign_in.kept": Message(
        "您刚才提交的内容已经保留。登录后按一下就能继续提交。",
        "What you just sent is kept. Sign in, and one press sends it on.",
    ),
    "web.sign_in.not_kept": Message(
        "您刚才提交的内容太多，没有带到这一页。登录后请回到原来的页面，本机上可能还留有您输入的文字。",
        "What you just sent was too much to carry along. Go back to its page after signing in; this device may still "
        "hold your text.",
    ),
    "web.sign_in.code_title": Message("输入验证码", "Enter the code"),
    "web.sign_in.code_lead": Message(
        "密码正确。请打开手机上的验证器，输入它现在显示的 6 位数字。",
        "The password is right. Open the authenticator on your phone and type the six digits it shows now.",
    ),
    "web.sign_in.code": Message("验证码", "Code"),
    "web.sign_in.code_help": Message(
        "手机不在身边时，可输入一个恢复码。", "Without your phone, type one of your recovery codes."
    ),
    "web.sign_in.code_go": Message("继续", "Continue"),
    "web.sign_in.start_over": Message("重新登录", "Start over"),
    "web.sign_in.kept_title": Message("您的内容还在", "What you typed is still here"),
    "web.sign_in.kept_lead": Message(
        "提交时您的登录已经更换，内容没有办理，已为您保留。请核对后按下面的按钮提交。",
        "Your sign-in had changed when you sent this, so nothing was done and everything was kept. Look it over, then "
        "press the button to send it.",
    ),
    "web.sign_in.kept_as": Message("您现在以 {name} 的身份登录。", "You are signed in as {name}."),
    "web.sign_in.kept_files": Message(
        "附件不会保留，需要时请重新选择。", "Files are not kept; choose them again where needed."
    ),
    "web.sign_in.kept_what": Message("查看保留的内容（{count} 项）", "Show what was kept ({count})"),
    "web.sign_in.kept_go": Message("提交保留的内容", "Send what was kept"),
    "web.sign_in.kept_back": Message("不提交，回到原来的页面", "Do not send; go back to the page"),
}
