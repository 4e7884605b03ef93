"""Words of the board."""

from __future__ import annotations

from collections.abc import Mapping

from domain.messages import Message

WORDS: Mapping[str, Message] = {
    "web.board.title": Message("进度总览", "Board"),
    "web.board.of": Message("{unit} · 进度总览", "Board of {unit}"),
    "web.board.row": Message("任务或单位", "Duty or unit"),
    "web.board.by_duty": Message("按任务", "By duty"),
    "web.board.by_unit": Message("按单位", "By unit"),
    "web.board.itself": Message("{unit}（本级）", "{unit} itself"),
    "web.board.total": Message("合计", "Total"),
    "web.board.counts": Message("明细", "Counts"),
    "web.board.column.unit": Message("单位", "Unit"),
    "web.board.column.duty": Message("任务", "Duty"),
    "web.board.column.period": Message("时段", "Period"),
    "web.board.column.status": Message("状态", "Status"),
    "web.board.column.late": Message("逾期", "Late"),
    "web.board.column.count": Message("件数", "Filings"),
    "web.board.figures": Message("{done}/{total}", "{done}/{total}"),
    "web.board.reading": Message(
        "每格数字是“已完成/应报”，形状表示其中最需要关注的一种。点格子看名单。",
        "Figures are done of owed; the shape shows what most needs attention. A cell opens its list.",
    ),
    "web.board.cell": Message(
        "{row}，{month}：应报 {total}，已完成 {done}[，逾期 {late}][，已退回 {returned}][，待办理 {open}]"
        "[，审批中 {review}][，已失效 {lapsed}]",
        "{row}, {month}: {total} owed, {done} done[, {late} late][, {returned} returned][, {open} open]"
        "[, {review} in review][, {lapsed} lapsed]",
    ),
    "web.board.all_months": Message("全年", "The year"),
    "web.board.summary": Message(
        "应报 {total} 件，已完成 {done} 件，逾期或失效 {behind} 件。",
        "{total} owed, {done} done, {behind} late or lapsed.",
    ),
    "web.board.who_is_behind": Message("逾期的", "Who is late"),
    "web.board.lapsed": Message("已失效的", "What lapsed"),
    "web.board.empty": Message("还没有可以统计的报送件", "Nothing to count yet"),
    "web.board.empty_text": Message(
        "学年日程发布、报送期开放后，这里按月显示各单位的进度。",
        "Once the school year is published and windows open, this shows by month where every unit stands.",
    ),
    "web.board.legend": Message("图例", "Legend"),
}
