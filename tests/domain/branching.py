"""A programme whose one pipeline has everything that a pipeline can have: for what reads, draws or exports them."""

from __future__ import annotations

from domain.programme import Pipeline
from domain.programme_check import load

TEXT = """
id: branching
title: {zh: 多分支, en: Branching}
calendar:
  terms:
    - {id: autumn, title: {zh: 秋, en: Autumn}, first_day: 09-01, last_day: 01-18}
roles:
  - {id: office, title: {zh: 教研室, en: Office}, at: [county], rights: [waive]}
  - {id: deputy, title: {zh: 副局长, en: Deputy}, at: [county]}
  - {id: expert, title: {zh: 专家, en: Expert}, at: [county]}
  - {id: principal, title: {zh: 校长, en: Principal}, at: [school]}
  - {id: leader, title: {zh: 组长, en: Leader}, at: [group]}
units:
  - {id: land, kind: county, title: {zh: 县, en: County}}
  - {id: east, kind: cluster, parent: land, title: {zh: 东片区, en: East}}
  - {id: town, kind: school, parent: east, centre: true, title: {zh: 镇小, en: Town}}
  - {id: town-maths, kind: group, parent: town, title: {zh: 镇小数学组, en: Maths}}
documents:
  - id: plan
    title: {zh: 计划, en: Plan}
    fields:
      - {id: cost, title: {zh: 经费, en: Cost}, kind: number}
      - {id: kind, title: {zh: 类别, en: Kind}, kind: choice, choices: [inner, open]}
pipelines:
  - id: all-of-it
    title: {zh: 各式环节, en: All of it}
    copies: [leader@own, principal@centre]
    urge_hours: 1
    stages:
      - id: head
        title: {zh: 校长审核, en: Principal}
        decided_by: principal@parent
        vacant: principal@centre
        due: 3
        escalate: {after: 2, to: office@county}
      - parallel:
          - - id: money
              title: {zh: 经费审核, en: Money}
              decided_by: office@county
              when: fields.cost > 1000 && unit.kind == "group"
              due: 2
              may_reject: true
            - {id: named, title: {zh: 专人审核, en: One person}, person: t0007, due: 2, remind: null}
          - - id: experts
              title: {zh: 专家表决, en: Experts}
              decided_by: [expert@county, deputy@county]
              mode: votes
              votes: 2
              veto: deputy@county
              vacant: skip
              due: 5
              escalate: {after: 1, to: office@county}
              passes_after: 4
          - - {id: 3-a, title: {zh: 会签, en: Everybody}, decided_by: deputy@county, mode: all, due: 2}
      - id: each
        title: {zh: 逐人审定, en: Each in turn}
        decided_by: [deputy@county, office@county]
        mode: in_order
        chosen_by: author
        when: size(fields.kind) > 3 || fields.cost == 0
        same_person: once
        due: 2
      - parallel:
          - [{id: left, title: {zh: 左, en: Left}, decided_by: principal@centre, due: 1, passes_after: 1}]
          - [{id: right, title: {zh: 右, en: Right}, decided_by: expert@county, due: 1, resumes: false}]
      - id: last
        title: {zh: 评定, en: Judgement}
        decided_by: deputy@county
        due: 2
        may_reject: true
        judges: true
    judgements:
      - {id: fine, title: {zh: 好, en: Fine}}
duties:
  - id: plan
    title: {zh: 计划, en: Plan}
    document: plan
    pipeline: all-of-it
    owed_by: leader@group
    window: {per: term, opens: start, due: start + 9 workdays, lapses: 5}
"""

PROGRAMME = load(TEXT)
PIPELINE: Pipeline = PROGRAMME.pipelines[0]
