"""Words of the directory: finding people and units, rosters in and out, one-time passwords."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    # -- the directory
    "web.directory.lead": Message(
        "单位、人员和任职。每次变动都记入台账，过去任何一天谁担任什么都可以查到。",
        "Units, people and their posts. Every change is in the ledger: who held what on any past day can be told.",
    ),
    "web.directory.find": Message("查找人员", "Find people"),
    "web.directory.find_help": Message("姓名、工号中的几个字，或登录名", "Part of a name or staff number, or a login"),
    "web.directory.at_unit": Message("单位（含下属）", "Unit, with those below"),
    "web.directory.any_unit": Message("全部单位", "All units"),
    "web.directory.with_left": Message("包括已离任人员", "Include those who left"),
    "web.directory.people": Message("人员", "People"),
    "web.directory.found_none": Message("没有找到符合条件的人员", "Nobody was found"),
    "web.directory.found_none_text": Message("可以少写几个字，或不限单位再查。", "Try fewer words, or all units."),
    "web.directory.units": Message("单位", "Units"),
    "web.directory.below": Message("下属单位 {count} 个", "{count} units below"),
    "web.directory.posts_none": Message("没有任职", "No post"),
    "web.directory.manage": Message("管理", "Administration"),
    "web.directory.add_person": Message("登记人员", "Enter a person"),
    "web.directory.add_unit": Message("设立单位", "Found a unit"),
    "web.directory.import": Message("导入名册", "Import a roster"),
    "web.directory.export_xlsx": Message("导出名册（Excel）", "Export the roster (Excel)"),
    "web.directory.export_csv": Message("导出名册（CSV）", "Export the roster (CSV)"),
    "web.directory.staff_no": Message("工号", "Staff number"),
    "web.directory.name": Message("姓名", "Name"),
    "web.directory.login": Message("登录名", "Login"),
    "web.directory.posts": Message("任职", "Posts"),
    "web.directory.account": Message("账号", "Account"),
    "web.directory.no_account": Message("无账号", "No account"),
    # -- a new person, a new unit
    "web.directory.person_title": Message("登记人员", "Enter a person"),
    "web.directory.staff_no_help": Message(
        "字母、数字、点、横线，最多 40 个。同一工号只登记一次。",
        "Letters, digits, dots and hyphens, 40 at most. Each number is entered once.",
    ),
    "web.directory.login_help": Message("不填则与工号相同", "The staff number, unless given"),
    "web.directory.post_help": Message(
        "可以先不填，以后在人员页面任职。填写时职务、单位和任职起都要填。",
        "May be left for later. If you fill it in, role, unit and first day are all needed.",
    ),
    "web.directory.no_post_yet": Message("暂不任职", "No post yet"),
    "web.directory.staff_no_missing": Message("请填写工号。", "Enter the staff number."),
    "web.directory.staff_no_used": Message(
        "工号 {staff_no} 已经登记。请查找此人后直接任职；如工号有误请改正。",
        "Staff number {staff_no} is entered already. Find the person and appoint them, or correct the number.",
    ),
    "web.directory.unit_title": Message("设立单位", "Found a unit"),
    "web.directory.unit_id": Message("单位编号", "Unit id"),
    "web.directory.unit_id_help": Message(
        "小写字母、数字和横线，设立后不再改变。例如 shiyan-art",
        "Lower-case letters, digits and hyphens; it never changes. For example shiyan-art",
    ),
    # -- a roster
    "web.directory.import_lead": Message(
        "先检查，再确认。检查时不改动任何内容；确认后全部导入，任何一行有问题都不会导入一部分。名册里没有的人员保持不变。",
        "First a check, which changes nothing; then you confirm. Everything is imported, or nothing is. "
        "Who is not in the roster stays as they are.",
    ),
    "web.directory.template": Message("第一步：下载模板并填写", "Step 1: download the template and fill it in"),
    "web.directory.template_xlsx": Message("下载模板（Excel）", "Template (Excel)"),
    "web.directory.template_csv": Message("下载模板（CSV）", "Template (CSV)"),
    "web.directory.template_help": Message(
        "一行是一人的一项任职；一人有几项任职就写几行。职务、单位、学科写名称或编号，模板的第二张表列出全部名称。",
        "One row is one post of one person; several posts are several rows. Roles, units and subjects by title or id: "
        "the template's second sheet lists them all.",
    ),
    "web.directory.upload": Message("第二步：上传并检查", "Step 2: upload and check"),
    "web.directory.file": Message("名册文件", "Roster"),
    "web.directory.file_help": Message(
        "Excel（.xlsx）或 CSV，最大 10 MB、20000 行", "Excel (.xlsx) or CSV, up to 10 MB and 20,000 rows"
    ),
    "web.directory.check": Message("上传并检查", "Upload and check"),
    "web.directory.recent": Message("最近的导入", "Recent imports"),
    "web.directory.file_missing": Message("还没有选择文件。请选择名册文件。", "No file was chosen. Choose the roster."),
    "web.directory.job_title": Message("导入“{file}”", "Import of “{file}”"),
    "web.directory.job_by": Message("{name} 于 {at} 上传", "uploaded by {name}, {at}"),
    "web.directory.job.faulty": Message("有问题，不能导入", "Cannot be imported"),
    "web.directory.job.ready": Message("检查通过，等待确认", "Checked, waiting for confirmation"),
    "web.directory.job.same": Message("与台账一致，不需要导入", "As the ledger has it; nothing to import"),
    "web.directory.job.reading": Message("正在读取", "Reading"),
    "web.directory.job.checking": Message("正在核对", "Checking"),
    "web.directory.job.deciding": Message("正在办理", "Deciding"),
    "web.directory.job.writing": Message("正在写入台账", "Writing to the ledger"),
    "web.directory.job.done": Message("已导入", "Imported"),
    "web.directory.job.stalled": Message("中途停止", "Stopped midway"),
    "web.directory.stalled_help": Message(
        "导入没有完成。已写入的内容不会重复，请再确认一次。",
        "The import did not finish. What was written is not written twice: confirm once more.",
    ),
    "web.directory.work_help": Message(
        "可以离开此页，稍后再来查看；导入会继续。本页每两秒更新一次。",
        "You may leave and come back; it goes on. This page is renewed every two seconds.",
    ),
    "web.directory.progress": Message("{done} / {total} 人", "{done} of {total} people"),
    "web.directory.counts": Message("此名册会带来的变动", "What this roster changes"),
    "web.directory.counts_done": Message("此名册带来的变动", "What this roster changed"),
    "web.directory.count.rows": Message("名册行数", "Rows"),
    "web.directory.count.new": Message("新登记人员", "New people"),
    "web.directory.count.renamed": Message("更正姓名", "Names corrected"),
    "web.directory.count.appointments": Message("新任职", "New posts"),
    "web.directory.count.ended": Message("结束或改期的任职", "Posts ended or with another end"),
    "web.directory.count.accounts": Message("新账号", "New accounts"),
    "web.directory.count.unchanged": Message("没有变动的人员", "People unchanged"),
    "web.directory.nothing_changes": Message(
        "名册与台账一致，没有需要导入的变动。", "The roster says what the ledger says: there is nothing to import."
    ),
    "web.directory.confirm": Message("确认导入", "Import"),
    "web.directory.confirm_again": Message("再确认一次", "Confirm once more"),
    "web.directory.confirm_help": Message(
        "以您的名义写入台账。写入后按任职生效，不能整批撤回，只能逐项更正。",
        "This is written to the ledger in your name. It takes effect with the posts, and cannot be taken back as a "
        "whole, only corrected one by one.",
    ),
    "web.directory.faults": Message("需要改正的地方（{count} 处）", "To be mended ({count})"),
    "web.directory.faults_help": Message(
        "请在表格中改正后重新上传。一处有问题，全部不导入。",
        "Mend these in the sheet and upload it again. While one is left nothing is imported.",
    ),
    "web.directory.faults_more": Message(
        "只列出前 {shown} 处。改正这些后再检查。", "The first {shown} are listed. Mend these and check again."
    ),
    "web.directory.row": Message("行", "Row"),
    "web.directory.column": Message("列", "Column"),
    "web.directory.why": Message("原因", "Reason"),
    "web.directory.other": Message("上传另一份名册", "Upload another roster"),
    "web.directory.again": Message("重新上传", "Upload again"),
    "web.directory.next_passwords": Message(
        "新人员还没有密码。可以在人员列表中按单位发放一次性密码。",
        "The new people have no passwords yet. Issue one-time passwords by unit from the list of people.",
    ),
    # -- one-time passwords
    "web.directory.passwords": Message("一次性密码", "One-time passwords"),
    "web.directory.passwords_help": Message(
        "给上面选中的人员发放一次性密码，得到一张 Excel 表。密码只在这张表里，台账不保存；原有密码和登录立即失效。",
        "Issues one-time passwords to the people chosen above, as an Excel sheet. They are in that sheet alone; "
        "earlier passwords and sign-ins end at once.",
    ),
    "web.directory.passwords_picked": Message("给选中的人员发放", "Issue to those chosen"),
    "web.directory.passwords_all": Message("给该单位全部 {count} 人发放", "Issue to all {count} of this unit"),
    "web.directory.choose": Message("选择", "Choose"),
    "web.directory.pick": Message("选择 {name}", "Choose {name}"),
    "web.directory.pick_none": Message("还没有选择人员。请至少选择一人。", "Nobody was chosen. Choose at least one."),
    "web.directory.password": Message("一次性密码", "One-time password"),
    # -- sheets
    "web.sheet.roster": Message("名册", "Roster"),
    "web.sheet.lists": Message("可填内容", "What may be filled in"),
    "web.sheet.kind": Message("类别", "Kind"),
    "web.sheet.title_zh": Message("名称", "Title (Chinese)"),
    "web.sheet.title_en": Message("英文名称", "Title (English)"),
    "web.sheet.id": Message("编号", "Id"),
    "web.sheet.note": Message("说明", "Note"),
    "web.sheet.at": Message("任职于：{kinds}", "Held at: {kinds}"),
    "web.sheet.above": Message("上级：{parent}", "Below: {parent}"),
    "web.sheet.too_large": Message(
        "文件超过 {limit} MB（本文件 {size} MB），没有读取。请删去多余的工作表和图片，或分成几个文件。",
        "The file is over {limit} MB ({size} MB) and was not read. Remove other sheets and pictures, or split it.",
    ),
    "web.sheet.unpacks_too_large": Message(
        "文件展开后超过 {limit} MB，没有读取。请只保留名册一张表，另存后再传。",
        "The file unpacks to more than {limit} MB and was not read. Keep the roster alone and save it anew.",
    ),
    "web.sheet.old_or_locked": Message(
        "这是旧版 Excel（.xls）或加密的文件，无法读取。请去掉密码，另存为 .xlsx 后再传。",
        "This is an old Excel file (.xls) or an encrypted one. Remove the password and save it as .xlsx.",
    ),
    "web.sheet.no_workbook": Message(
        "文件名是 Excel 的，内容却不是 Excel 表格，没有读取。请在 Excel 中打开，另存为 .xlsx 后再传。",
        "The file is named as an Excel sheet and is none, so it was not read. Open it in Excel and save it as .xlsx.",
    ),
    "web.sheet.damaged": Message(
        "文件内容不完整或已损坏，无法读取。请在 Excel 中打开，另存为 .xlsx 后再传。",
        "The file is incomplete or damaged. Open it in Excel, save it as .xlsx and upload it again.",
    ),
    "web.sheet.not_a_sheet": Message(
        "这不是 Excel 或 CSV 表格。请上传按模板填写的文件。",
        "This is neither an Excel nor a CSV sheet. Upload one made from the template.",
    ),
    # -- faults of a roster
    "web.roster.fault.empty_sheet": Message(
        "表中没有内容。请在列名下面填写人员。", "There is nothing in the sheet. Write people below the headings."
    ),
    "web.roster.fault.too_many_rows": Message(
        "超过 {limit} 行。请分成几个文件导入。", "There are more than {limit} rows. Split the roster."
    ),
    "web.roster.fault.column_missing": Message(
        "缺少这一列。请按模板补上列名。", "This column is missing. Add its heading as in the template."
    ),
    "web.roster.fault.column_unknown": Message(
        "不认识列“{said}”。请删除此列，或改成模板中的列名。",
        "The column “{said}” is not known. Remove it, or name it as in the template.",
    ),
    "web.roster.fault.column_twice": Message(
        "这一列出现了两次。请只保留一列。", "This column is there twice. Keep one."
    ),
    "web.roster.fault.cell_empty": Message("没有填写。请补上。", "This is empty. Fill it in."),
    "web.roster.fault.cell_formula": Message(
        "这是公式或错误值。请复制后“选择性粘贴为数值”。", "This is a formula or an error. Paste it as a value."
    ),
    "web.roster.fault.cell_too_long": Message(
        "超过 {limit} 个字。请改短。", "This has more than {limit} characters. Shorten it."
    ),
    "web.roster.fault.cell_unprintable": Message(
        "含有看不见的字符。请删除后重新输入。", "This holds invisible characters. Type it anew."
    ),
    "web.roster.fault.cell_outside": Message(
        "最后一个列名的右边还有内容。请删除，或补上列名。",
        "There is something to the right of the last heading. Remove it, or add its heading.",
    ),
    "web.roster.fault.staff_no_malformed": Message(
        "工号“{said}”不符合要求：只用字母、数字、点、横线，最多 40 个。",
        "“{said}” is no staff number: letters, digits, dots and hyphens, 40 at most.",
    ),
    "web.roster.fault.login_malformed": Message(
        "登录名“{said}”不符合要求：2 至 64 个汉字、字母、数字或 . _ @ + -。请在“登录名”列另写一个。",
        "“{said}” cannot be a login: 2 to 64 letters, digits, Chinese characters or . _ @ + -. Give another.",
    ),
    "web.roster.fault.login_taken": Message(
        "登录名“{login}”已由工号 {staff_no} 使用。请在“登录名”列另写一个。",
        "The login “{login}” belongs to staff number {staff_no}. Give another.",
    ),
    "web.roster.fault.login_two": Message(
        "同一工号的登录名与第 {other} 行的“{login}”不同。请改成一样。",
        "This login differs from “{login}” in row {other} of the same staff number. Make them the same.",
    ),
    "web.roster.fault.login_differs": Message(
        "此人的登录名是“{login}”，名册不能更改登录名。请改回，或留空。",
        "This person's login is “{login}”; a roster does not change it. Write it so, or leave it empty.",
    ),
    "web.roster.fault.name_two": Message(
        "同一工号的姓名与第 {other} 行的“{name}”不同。请核对工号和姓名。",
        "This name differs from “{name}” in row {other} of the same staff number. Check both.",
    ),
    "web.roster.fault.row_twice": Message(
        "与第 {other} 行是同一项任职。请删除一行。", "This is the post of row {other} again. Remove one of them."
    ),
    "web.roster.fault.post_overlaps": Message(
        "与同一任职（自 {first_day} 起）时间重叠。请核对任职起止。",
        "This overlaps the same post from {first_day}. Check the days.",
    ),
    "web.roster.fault.post_ended": Message(
        "台账中此任职到 {last_day} 结束，名册不能改回。如继续任职，请另起一行，任职起写在该日之后。",
        "In the ledger this post ends on {last_day}; a roster does not undo that. If it goes on, add a row that "
        "begins after that day.",
    ),
    "web.roster.fault.person_left": Message(
        "工号 {staff_no} 已登记离任。请删除此行；如此人返回，请用新工号登记。",
        "Staff number {staff_no} has left. Remove the row; who comes back is entered under a new number.",
    ),
    "web.roster.fault.role_unknown": Message(
        "没有职务“{said}”。请写模板第二张表中的名称或编号。",
        "There is no role “{said}”. Use a title or id from the template's second sheet.",
    ),
    "web.roster.fault.role_ambiguous": Message(
        "职务“{said}”不止一个，请写编号：{candidates}。", "“{said}” is several roles; write the id: {candidates}."
    ),
    "web.roster.fault.role_not_at_unit": Message(
        "“{unit}”没有“{role}”这一职务。请核对职务和单位。",
        "“{role}” is not held at “{unit}”. Check the role and the unit.",
    ),
    "web.roster.fault.unit_unknown": Message(
        "没有单位“{said}”。请写模板第二张表中的名称或编号。",
        "There is no unit “{said}”. Use a title or id from the template's second sheet.",
    ),
    "web.roster.fault.unit_ambiguous": Message(
        "单位“{said}”不止一个，请写编号：{candidates}。", "“{said}” is several units; write the id: {candidates}."
    ),
    "web.roster.fault.subject_unknown": Message(
        "没有学科“{said}”。请写模板第二张表中的名称，或留空。",
        "There is no subject “{said}”. Use one from the template's second sheet, or leave it empty.",
    ),
    "web.roster.fault.subject_ambiguous": Message(
        "学科“{said}”不止一个，请写编号：{candidates}。", "“{said}” is several subjects; write the id: {candidates}."
    ),
    "web.roster.fault.date_unreadable": Message(
        "“{said}”不是日期。请写成 2026-09-01。", "“{said}” is no date. Write it as 2026-09-01."
    ),
    "web.roster.fault.dates_reversed": Message(
        "任职止早于任职起。请核对。", "The last day is before the first. Check both."
    ),
    # -- said
    "web.said.person.register": Message(
        "已登记。发放一次性密码后，本人就可以登录。", "Entered. Issue a one-time password, and they can sign in."
    ),
    "web.said.person.appoint": Message("已任职，立即或自任职起生效。", "Appointed, with effect from the first day."),
    "web.said.person.end_appointment": Message("任职的结束已登记。", "The end of the post is recorded."),
    "web.said.person.correct_name": Message("姓名已更正。", "The name is corrected."),
    "web.said.person.leave": Message("已登记离任，全部权限已停止。", "Left; every right has ended."),
    "web.said.unit.found": Message("单位已设立。", "The unit is founded."),
    "web.said.unit.rename": Message("名称已更改。", "The title is changed."),
    "web.said.unit.move": Message("隶属关系已调整。", "The unit is moved."),
    "web.said.unit.close": Message("单位已撤销，记录仍可查看。", "The unit is closed; its records stay readable."),
    "web.said.unit.reopen": Message("单位已恢复。", "The unit is open again."),
}
