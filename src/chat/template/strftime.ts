/**
 * `strftime` of Python's C locale, for templates that write today's date. Local time, as `datetime.now()` has it.
 */
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** @param format `%` directives; `%-d` and its like come without a leading zero; unknown ones stay as they are */
export function strftime(date: Date, format: string): string {
  return format.replaceAll(/%(-?)([A-Za-z%])/g, (whole, bare: string, directive: string) => {
    const text = expand(date, directive);
    if (text === null) return whole;
    return bare === '' ? text : text.replace(/^[0 ](?=.)/, '');
  });
}

function expand(date: Date, directive: string): string | null {
  switch (directive) {
    case 'Y':
      return String(date.getFullYear());
    case 'y':
      return two(date.getFullYear() % 100);
    case 'm':
      return two(date.getMonth() + 1);
    case 'B':
      return MONTHS[date.getMonth()];
    case 'b':
    case 'h':
      return MONTHS[date.getMonth()].slice(0, 3);
    case 'd':
      return two(date.getDate());
    case 'e':
      return String(date.getDate()).padStart(2);
    case 'A':
      return DAYS[date.getDay()];
    case 'a':
      return DAYS[date.getDay()].slice(0, 3);
    case 'j':
      return String(dayOfYear(date)).padStart(3, '0');
    case 'H':
      return two(date.getHours());
    case 'I':
      return two(date.getHours() % 12 || 12);
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM';
    case 'M':
      return two(date.getMinutes());
    case 'S':
      return two(date.getSeconds());
    case 'F':
      return strftime(date, '%Y-%m-%d');
    case 'T':
      return strftime(date, '%H:%M:%S');
    case '%':
      return '%';
    default:
      return null;
  }
}

/** In whole days, so that a change of the clocks does not count. */
function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (day - Date.UTC(date.getFullYear(), 0, 0)) / 86_400_000;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
