// A metric over time, drawn by uPlot, which is loaded with the first chart and not before.

import "uplot/dist/uPlot.min.css";

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import type { Unit } from "../api/types";
import { amount, shortAmount } from "../format";

export interface Point {
  /** Seconds since 1970. */
  readonly at: number;
  readonly value: number | null;
  /** Whether it was computed afterwards. */
  readonly isReconstructed: boolean;
}

export interface Threshold {
  readonly value: number;
  readonly label: string;
}

export interface Props {
  readonly points: readonly Point[];
  readonly unit: Unit;
  readonly currency: string | null;
  readonly thresholds: readonly Threshold[];
  /** When alerts fired, in seconds since 1970. */
  readonly marks: readonly number[];
}

const HEIGHT = 280;

/** The line; what was reconstructed is dashed. A table with the same figures stands below it. */
export default function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const plot = new uPlot(optionsOf(props, element), dataOf(props.points), element);
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [props]);
  return <div ref={place} class="chart" aria-hidden="true" />;
}

function dataOf(points: readonly Point[]): uPlot.AlignedData {
  const seam = points.findIndex((it) => !it.isReconstructed);
  const isPast = (index: number) => seam < 0 || index <= seam;
  const isPresent = (index: number) => seam >= 0 && index >= seam;
  return [
    points.map((it) => it.at),
    points.map((it, index) => (isPast(index) ? it.value : null)),
    points.map((it, index) => (isPresent(index) ? it.value : null)),
  ];
}

function optionsOf(props: Props, element: HTMLElement): uPlot.Options {
  const { unit, currency } = props;
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 } };
  const line = { stroke: colour("--accent"), width: 2, points: { show: false } };
  const write = (value: number | null) => amount(value, unit, currency);
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { y: false },
    legend: { live: true },
    scales: { y: { range: (_, low, high) => rangeOf(low, high, props.thresholds) } },
    axes: [
      axis,
      {
        ...axis,
        size: 72,
        values: (_, splits) => splits.map((it) => shortAmount(it, unit, currency)),
      },
    ],
    series: [
      { value: (_, at) => (at === null ? "–" : new Date(at * 1_000).toLocaleDateString()) },
      { ...line, label: "Reconstructed", dash: [4, 4], value: (_, value) => write(value) },
      { ...line, label: "Observed", value: (_, value) => write(value) },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, props, colour("--bad"))] },
  };
}

function rangeOf(low: number, high: number, thresholds: readonly Threshold[]): [number, number] {
  const all = [low, high, ...thresholds.map((it) => it.value)].filter(Number.isFinite);
  if (all.length === 0) return [0, 1];
  const bottom = Math.min(...all);
  const top = Math.max(...all);
  const margin = (top - bottom || Math.abs(top) || 1) * 0.1;
  // Numbers that cannot be negative keep their zero.
  return [bottom >= 0 ? Math.max(0, bottom - margin) : bottom - margin, top + margin];
}

function drawMarks(plot: uPlot, { thresholds, marks }: Props, colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.setLineDash([6, 4]);
  for (const { value, label } of thresholds) {
    const y = plot.valToPos(value, "y", true);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(label, bbox.left + 6, y - 6);
  }
  for (const at of marks) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x - 6, bbox.top - 8);
    ctx.lineTo(x + 6, bbox.top - 8);
    ctx.fill();
  }
  ctx.restore();
}
