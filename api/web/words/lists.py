"""Words of lists and search."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.lists.title": Message("报送件", "Filings"),
    "web.lists.title_mine": Message("我报送的", "What I filed"),
    "web.lists.words": Message("查找内容", "Find words"),
    "web.lists.words_help": Message(
        "标题、单位、正文中的词，可用空格隔开几个词", "Words of the title, the unit or the text; several with spaces"
    ),
    "web.lists.unit": Message("单位（含下属）", "Unit (and below)"),
    "web.lists.month": Message("截止月份", "Due in"),
    "web.lists.order": Message("排列", "Order"),
    "web.lists.order_due": Message("先到期的在前", "Earliest due first"),
    "web.lists.order_changed": Message("刚有变化的在前", "Latest change first"),
    "web.lists.years": Message("学年", "School years"),
    "web.lists.this_year": Message("本学年", "This school year"),
    "web.lists.all_years": Message("全部学年", "All school years"),
    "web.lists.look_in_all": Message("在全部学年中查找", "Look in all school years"),
    "web.lists.total_capped": Message("{count} 件以上", "More than {count}"),
    "web.lists.go": Message("查找", "Find"),
    "web.lists.narrow": Message("筛选条件", "Narrow down"),
    "web.lists.total": Message("共 {count} 件", "{count} in all"),
    "web.lists.count": Message("{status} {count}", "{status} {count}"),
    "web.lists.all": Message("看全部报送件", "All filings"),
    "web.lists.mine": Message("只看我报送的", "Only what I filed"),
    "web.lists.views": Message("我的视图", "My views"),
    "web.lists.view_name": Message("视图名称", "Name of the view"),
    "web.lists.save_view": Message("保存当前条件为视图", "Keep these choices as a view"),
    "web.lists.drop_view": Message("删除视图“{name}”", "Delete the view “{name}”"),
    "web.lists.drop": Message("删除", "Delete"),
    "web.lists.filing": Message("报送件", "Filing"),
    "web.lists.empty": Message("没有符合条件的报送件", "No filing fits"),
    "web.lists.empty_narrowed": Message(
        "可以去掉一两个条件，或换一个词再查。", "Leave out a choice or two, or try another word."
    ),
    "web.lists.empty_open": Message(
        "报送期开放后，您可以查看的报送件会列在这里。", "Filings you may look at are listed here once a window opens."
    ),
    "web.said.view_saved": Message("视图已保存。", "The view is kept."),
    "web.said.view_dropped": Message("视图已删除。", "The view is deleted."),
}
