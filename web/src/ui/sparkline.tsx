// A line of a few values, without axes. It decorates a number that stands beside it.

const WIDTH = 120;
const HEIGHT = 32;
const PAD = 2;

/** Draw values, oldest first; a gap where there is none. */
export function Sparkline({ values }: { values: readonly (number | null)[] }) {
  const known = values.filter((it): it is number => it !== null);
  if (known.length < 2) return <svg class="sparkline" aria-hidden="true" />;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const x = (at: number) => PAD + (at / (values.length - 1)) * (WIDTH - 2 * PAD);
  const y = (value: number) => HEIGHT - PAD - ((value - low) / span) * (HEIGHT - 2 * PAD);
  let path = "";
  let isOpen = false;
  for (const [at, value] of values.entries()) {
    if (value !== null) path += `${isOpen ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    isOpen = value !== null;
  }
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={path} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
