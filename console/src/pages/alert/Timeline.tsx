/** Eight lanes over time; what came after the detection stands on another ground. The sections below are its table. */
import { SegmentedControl } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useZone } from "../../api/queries";
import type { SectionItem, SectionKind, Triage } from "../../api/types";
import { useText } from "../../i18n/language";
import { clock, full, offset } from "../../time/format";
import { oneOf } from "../../url/search";
import { itemKey, type Marks } from "./selection";
import type { Shared } from "./shared";
import styles from "./Timeline.module.css";
import { type Range, RANGES } from "./search";
import { type Span, spanOf, tickLabel, ticks } from "./timescale";

const LANE = 24;
const AXIS = 22;
const LABELS = 128;

interface Bar {
  key: string;
  section: SectionKind;
  index: number;
  lane: number;
  at: number;
  item: SectionItem;
}

export function Timeline(props: Shared & { range: Range; setRange: (range: Range | undefined) => void }) {
  const t = useText();
  const zone = useZone();
  const { ref, width } = useElementSize();
  const { triage, range } = props;
  const span = useMemo(() => spanOf(range, triage), [range, triage]);
  const bars = useMemo(() => barsOf(triage), [triage]);
  const inside = bars.filter(({ at }) => at >= span.from && at <= span.to);
  return (
    <section className={styles.panel} aria-labelledby="timeline">
      <div className={styles.head}>
        <h2 id="timeline">{t.alert.timeline}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t.alert.timelineRange}
          data={RANGES.map((each) => ({ value: each, label: t.alert.ranges[each] }))}
          value={range}
          onChange={(value) => props.setRange(value === "fit" ? undefined : oneOf(value, RANGES))}
        />
        <span className={styles.note}>
          {inside.length < bars.length && `${t.alert.outside(bars.length - inside.length)} · `}
          {t.alert.dataTo(full(triage.window.to, zone))}
        </span>
      </div>
      <div ref={ref} className={styles.canvas}>
        {width > 0 && <Picture {...props} span={span} bars={inside} width={Math.max(width, 560)} />}
      </div>
    </section>
  );
}

function barsOf(triage: Triage): Bar[] {
  const bars = triage.sections.flatMap((section, lane) =>
    section.items.map((item, index) => ({ key: itemKey(section.kind, index), section: section.kind, index, lane, at: Date.parse(item.time), item })),
  );
  return bars.sort((a, b) => a.at - b.at);
}

function Picture(props: Shared & { span: Span; bars: Bar[]; width: number }) {
  const t = useText();
  const zone = useZone();
  const { span, width, triage } = props;
  const right = width - 8;
  const x = (at: number) => LABELS + ((at - span.from) / (span.to - span.from)) * (right - LABELS);
  const detected = Date.parse(triage.window.detected_at);
  const line = Math.min(Math.max(x(detected), LABELS), right);
  const late = line > right - LABELS;
  const height = AXIS + triage.sections.length * LANE + 18;
  const shift = zoneShift(new Date(span.to), zone);
  return (
    <svg role="group" aria-label={t.alert.timeline} width={width} height={height} className={styles.picture}>
      <rect x={line} width={Math.max(0, right - line)} y={AXIS} height={height - AXIS} className={styles.after} />
      {ticks(span, Math.max(3, Math.floor((right - LABELS) / 92)), shift).map(({ at, step }) => (
        <g key={at}>
          <line x1={x(at)} x2={x(at)} y1={AXIS - 4} y2={height} className={styles.tick} />
          <text x={x(at)} y={AXIS - 8} className={styles.tickLabel}>
            {tickLabel(at, step, zone)}
          </text>
        </g>
      ))}
      {triage.sections.map((section, index) => (
        <g key={section.kind}>
          <line x1="0" x2={right} y1={AXIS + index * LANE} y2={AXIS + index * LANE} className={styles.lane} />
          <text x="4" y={AXIS + index * LANE + 16} className={styles.label} data-empty={section.items.length === 0}>
            {String.fromCodePoint(0x2460 + index)} {t.words.sectionShort[section.kind]}
          </text>
          {section.state === "not_collected" && (
            <text x={LABELS + 6} y={AXIS + index * LANE + 16} className={styles.missing}>
              {t.alert.notCollectedShort}
            </text>
          )}
        </g>
      ))}
      <Bars bars={props.bars} x={x} marked={props.marked} selection={props.selection} select={props.select} />
      <line x1={line} x2={line} y1={AXIS - 4} y2={height} className={styles.detection} />
      <text x={line + (late ? -5 : 5)} y={height - 4} textAnchor={late ? "end" : "start"} className={styles.detectionLabel}>
        {t.alert.detectionLine} {clock(triage.window.detected_at, zone)}
      </text>
    </svg>
  );
}

function Bars(props: { bars: Bar[]; x: (at: number) => number; marked: Marks } & Pick<Shared, "selection" | "select">) {
  const t = useText();
  const zone = useZone();
  const group = useRef<SVGGElement>(null);
  const [current, setCurrent] = useState(0);
  const entry = Math.min(current, props.bars.length - 1);
  const onKey = (event: KeyboardEvent, index: number) => {
    const bar = props.bars[index];
    if (bar !== undefined && (event.key === "Enter" || event.key === " ")) props.select({ kind: "item", section: bar.section, index: bar.index });
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const next = Math.min(Math.max(index + (event.key === "ArrowRight" ? 1 : -1), 0), props.bars.length - 1);
      setCurrent(next);
      group.current?.children[next]?.querySelector<SVGElement>("rect")?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <g ref={group}>
      {props.bars.map((bar, index) => {
        const selected = props.selection?.kind === "item" && itemKey(props.selection.section, props.selection.index) === bar.key;
        const label = t.alert.timelineItem(bar.item.what, clock(bar.item.time, zone));
        return (
          <g key={bar.key}>
            <rect
              role="button"
              tabIndex={index === entry ? 0 : -1}
              aria-label={label}
              aria-pressed={selected}
              x={props.x(bar.at) - 4}
              y={AXIS + bar.lane * LANE + 5}
              width={Math.min(9 + Math.log2(bar.item.count) * 2, 24)}
              height={LANE - 10}
              rx="2"
              className={styles.bar}
              data-marked={props.marked.items.has(bar.key)}
              data-after={bar.item.after_detection}
              data-weighed={bar.item.findings.length > 0}
              onClick={() => props.select({ kind: "item", section: bar.section, index: bar.index })}
              onKeyDown={(event) => onKey(event, index)}
            >
              <title>{label}</title>
            </rect>
          </g>
        );
      })}
    </g>
  );
}

function zoneShift(at: Date, zone: string): number {
  const text = offset(at, zone);
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6));
  return (text.startsWith("-") ? -minutes : minutes) * 60_000;
}
