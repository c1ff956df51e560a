// The report of an evaluation as one page that needs nothing else: tables, and charts as SVG.

import type { Reliability } from "../rulebook/figures.ts";
import {
  CALIBRATED,
  FIGURES,
  figuresRow,
  introduction,
  MARGINS,
  type Matrix,
  marginRow,
  percent,
  type Report,
  URGENCY_HEAD,
} from "./evaluate-report.ts";
import type { Cell } from "./terminal.ts";

const CHART = 320;
const EDGE = 36;

/** The whole page. */
export function evaluationPage(report: Report, at: string): string {
  const { ways, types } = report;
  const overall = ways.map(({ name, f1, f1Routed, review, none, cost }) => [
    name,
    ...[f1, f1Routed, review, none].map(percent),
    cost.toFixed(0),
  ]);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailward: how well mail is routed</title>
<style>${STYLE}</style>
<h1>How well mail is routed</h1>
<p>${escaped(at)}: ${escaped(introduction(report))}</p>
${tableHtml(["way of deciding", "F1", "F1 of what is routed", "to people", "none to people", "cost of 100 mails"], overall)}
<h2>When the model says it is so sure, how often it is right</h2>
<p>On the line it is exactly as sure as it should be. Larger dots stand for more mails. ${escaped(percent(report.reliabilityGap)?.trim() ?? "")} apart on average, ${CALIBRATED[report.calibratedBy]}.</p>
${reliabilityChart(report.reliability)}
${ways.map((each) => wayHtml(each, types)).join("\n")}
<h2>Urgency, by rules and model</h2>
${urgencyHtml(report.urgencies)}
<h2>Urgency, by rules alone</h2>
${urgencyHtml(report.urgenciesByRules)}
${marginsHtml(report)}</html>
`;
}

function urgencyHtml(figures: Report["urgencies"]): string {
  const rows = figures.map(({ urgency, mails, precision, recall }) => [
    urgency,
    mails,
    percent(precision),
    percent(recall),
  ]);
  return tableHtml(URGENCY_HEAD, rows);
}

function wayHtml({ name, figures, matrix }: Report["ways"][number], types: readonly string[]): string {
  return `<h2>${escaped(name)}</h2>
${barsHtml(figures)}${tableHtml(FIGURES, figures.map(figuresRow))}
<p>Rows are what the mail is, columns where it goes; the darker, the more.</p>
${matrixHtml(matrix, [...types, "people"])}`;
}

function marginsHtml({ margins }: Report): string {
  if (margins === null) return "";
  return `<h2>Leads with which at most ${escaped(percent(margins.bound)?.trim() ?? "")} of what is routed to a type is wrong</h2>
${tableHtml(MARGINS, margins.fitted.map(marginRow))}
`;
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .8rem;text-align:right;border-bottom:1px solid #d5dde5}
th:first-child,td:first-child{text-align:left}th{font-weight:600}.matrix td{text-align:center;min-width:4.5rem}
h2{margin-top:2.5rem}svg{display:block;margin:1rem 0}.bar{fill:#2a6f97}.text{font:12px system-ui,sans-serif;fill:#1b2733}
.line{stroke:#8a99a8;stroke-dasharray:4 4}.axis{stroke:#1b2733}.dot{fill:#2a6f97;fill-opacity:.75}`;

function tableHtml(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = (row: readonly Cell[], tag: string) =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(String(cell ?? ""))}</${tag}>`).join("")}</tr>`;
  return `<table>${cells(head, "th")}${rows.map((row) => cells(row, "td")).join("")}</table>`;
}

function matrixHtml(matrix: Matrix, columns: readonly string[]): string {
  const rows = matrix.map(({ type, counts }, at) => {
    const most = Math.max(
      1,
      counts.reduce((a, b) => a + b, 0),
    );
    const cells = counts.map((count, to) => {
      const colour = to === counts.length - 1 ? "90,110,130" : to === at ? "42,111,151" : "178,58,46";
      const strength = (count / most).toFixed(2);
      return `<td style="background:rgba(${colour},${strength})${Number(strength) > 0.5 ? ";color:#fff" : ""}">${count}</td>`;
    });
    return `<tr><th>${escaped(type)}</th>${cells.join("")}</tr>`;
  });
  const head = columns.map((name) => `<th>${escaped(name)}</th>`).join("");
  return `<table class="matrix"><tr><th></th>${head}</tr>${rows.join("")}</table>`;
}

function reliabilityChart(tenths: readonly Reliability[]): string {
  const x = (share: number) => (EDGE + share * CHART).toFixed(1);
  const y = (share: number) => (EDGE / 2 + (1 - share) * CHART).toFixed(1);
  const most = tenths.reduce((sum, { mails }) => Math.max(sum, mails), 1);
  const dots = tenths.map(
    ({ said, right, mails }) =>
      `<circle class="dot" cx="${x(said)}" cy="${y(right)}" r="${(4 + 10 * Math.sqrt(mails / most)).toFixed(1)}"><title>says ${percent(said)?.trim()}, right ${percent(right)?.trim()}, ${mails} mails</title></circle>`,
  );
  const marks = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    `<text class="text" x="${x(share)}" y="${CHART + EDGE}" text-anchor="middle">${share * 100} %</text>`,
    `<text class="text" x="${EDGE - 4}" y="${y(share)}" text-anchor="end">${share * 100}</text>`,
  ]);
  return `<svg role="img" aria-label="How sure the model is, against how often it is right" width="${CHART + EDGE * 2}" height="${CHART + EDGE * 1.5}">
<line class="line" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/><line class="axis" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(0)}"/><line class="axis" x1="${x(0)}" y1="${y(0)}" x2="${x(0)}" y2="${y(1)}"/>
${[...marks, ...dots].join("\n")}
</svg>`;
}

const BAR_HEIGHT = 22;

function barsHtml(figures: Report["ways"][number]["figures"]): string {
  const rows = figures.map(({ type, f1 }, at) => {
    const top = at * (BAR_HEIGHT + 4);
    const middle = top + BAR_HEIGHT / 2 + 4;
    return `<text class="text" x="0" y="${middle}">${escaped(type)}</text><rect class="bar" x="90" y="${top}" width="${(f1 * CHART).toFixed(1)}" height="${BAR_HEIGHT}"/><text class="text" x="${(96 + f1 * CHART).toFixed(1)}" y="${middle}">F1 ${percent(f1)?.trim()}</text>`;
  });
  return `<svg role="img" aria-label="F1 by type" width="${CHART + 180}" height="${figures.length * (BAR_HEIGHT + 4)}">${rows.join("")}</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
