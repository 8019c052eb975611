export const NOW = Date.now();
/** That many seconds before the fixture started, as the API writes times. Negative: after. */
export const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
