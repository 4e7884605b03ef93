"""What the views of the domain say: deadlines, stories, paths, differences, the rules. As (Chinese, English) by key.

`domain.messages` takes these into its catalogue. Keys: `deadline.<form>`, `urgency.<urgency>`, `count.<thing>`,
`name.<case>`, `story.<event type>`, and so on; a part in `[brackets]` is left out when a param of it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]

_DEADLINES: Words = {
    "deadline.none": ("没有期限", "No due time"),
    "deadline.workdays_left": ("还有 {number} 个工作日", "{number} workdays left"),
    "deadline.workday_left": ("还有 {number} 个工作日", "{number} workday left"),
    "deadline.days_left": ("还有 {number} 天", "{number} days left"),
    "deadline.day_left": ("还有 {number} 天", "{number} day left"),
    "deadline.today": ("今天 {time} 截止", "Due today {time}"),
    "deadline.passed_today": ("今天 {time} 已到期", "Was due today {time}"),
    "deadline.days_late": ("逾期 {number} 天", "{number} days late"),
    "deadline.day_late": ("逾期 {number} 天", "{number} day late"),
    "urgency.overdue": ("已逾期", "Overdue"),
    "urgency.today": ("今天", "Today"),
    "urgency.this_week": ("本周", "This week"),
    "urgency.later": ("以后", "Later"),
    "urgency.none": ("没有期限", "No due time"),
}

VIEW_WORDS: Words = _DEADLINES
"""Every sentence of the views, by key."""
