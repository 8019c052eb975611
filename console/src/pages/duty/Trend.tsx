/** The week's alerts as stacked bars; its table is read by screen readers. */
import type { Duty } from "../../api/types";
import { useText } from "../../i18n/language";
import styles from "./DutyPage.module.css";
import chart from "./Trend.module.css";

const GRADES = ["black", "grey", "white"] as const;
const WIDTH = 290;
const HEIGHT = 92;
const BASE = HEIGHT - 18;

type Day = Duty["trend"][number];

export function Trend(props: { days: Day[] }) {
  const t = useText();
  const most = Math.max(0, ...props.days.map(sum));
  return (
    <section className={styles.panel} aria-labelledby="trend">
      <h2 id="trend">{t.duty.trend}</h2>
      {most === 0 ? (
        <p className={styles.dim}>{t.duty.trendEmpty}</p>
      ) : (
        <>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className={chart.chart} aria-hidden="true">
            <line x1="0" x2={WIDTH} y1={BASE + 0.5} y2={BASE + 0.5} className={chart.base} />
            {props.days.map((day, index) => (
              <Bar key={day.day} day={day} x={(index + 0.5) * (WIDTH / props.days.length)} scale={(BASE - 16) / most} />
            ))}
          </svg>
          <Legend />
          <Table days={props.days} />
        </>
      )}
    </section>
  );
}

function sum(day: Day): number {
  return day.black + day.grey + day.white;
}

function Bar(props: { day: Day; x: number; scale: number }) {
  const { day, x, scale } = props;
  let top = BASE;
  return (
    <g>
      {GRADES.map((grade) => {
        const height = day[grade] * scale;
        if (height === 0) return null;
        top -= height;
        return <rect key={grade} x={x - 11} width={22} y={top} height={height} className={chart.bar} data-verdict={grade} />;
      })}
      {sum(day) > 0 && (
        <text x={x} y={top - 4} className={chart.total}>
          {sum(day)}
        </text>
      )}
      <text x={x} y={HEIGHT - 4} className={chart.day}>
        {Number(day.day.slice(5, 7))}/{Number(day.day.slice(8, 10))}
      </text>
    </g>
  );
}

function Legend() {
  const t = useText();
  return (
    <ul className={chart.legend} aria-hidden="true">
      {GRADES.map((grade) => (
        <li key={grade} data-verdict={grade}>
          {t.words.verdict[grade]}
        </li>
      ))}
    </ul>
  );
}

function Table(props: { days: Day[] }) {
  const t = useText();
  return (
    <div className="only-read">
    <table>
      <caption>{t.duty.trendTable}</caption>
      <thead>
        <tr>
          <th scope="col">{t.duty.trendDay}</th>
          {GRADES.map((grade) => (
            <th key={grade} scope="col">
              {t.words.verdict[grade]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.days.map((day) => (
          <tr key={day.day}>
            <th scope="row">{day.day}</th>
            {GRADES.map((grade) => (
              <td key={grade}>{day[grade]}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    </div>
  );
}
