/**
 * What the runtime says about a run that failed, as an error of the request: without paths and names of its sources.
 */
import { AppError } from '../../common/errors/app-error.js';
import { ValueTooLarge } from '../ort/read-value.js';
import { OrtError } from '../ort/status.js';

const OUT_OF_MEMORY = /Failed to allocate memory|Available memory of \d+|std::bad_alloc|bad allocation/;

/** The run took, or asked for, far more memory than others do. */
export function isMemoryError(error: unknown): boolean {
  if (error instanceof OrtError) return OUT_OF_MEMORY.test(error.message);
  return error instanceof AppError && (error.cause instanceof ValueTooLarge || isMemoryError(error.cause));
}

/** @param error what a run threw; what the runtime did not report stays as it is */
export function runError(error: unknown): unknown {
  if (!(error instanceof OrtError)) return error;
  if (OUT_OF_MEMORY.test(error.message)) {
    const size = /(?:buffer of size|requested bytes of) (\d+)/.exec(error.message)?.[1];
    const need = size === undefined ? 'more memory than there is' : `${size} bytes at once, more than there are`;
    return new AppError('invalid_value', `For these inputs the model needs ${need}.`, { cause: error });
  }
  return new AppError('invalid_value', `The model cannot run on these inputs: ${plainWords(error.message)}`, {
    cause: error,
  });
}

/** `Non-zero status code returned while running Div node. Name:'' Status Message: /…/x.cc:692 Compute Integer …` */
export function plainWords(message: string): string {
  // A node of a subgraph is reported inside its holder's report: the innermost one tells.
  const node = /[\s\S]*while running (\S+) node\. Name:'([^']*)' Status Message: ([\s\S]*)$/.exec(message);
  const [where, what] = node === null ? ['', message] : [nodeWords(node[1], node[2]), node[3]];
  const words = what
    // Source file and line, then the function: a bare name, or a whole signature with its parameters.
    .replaceAll(
      /(?:[A-Za-z]:)?[\w./\\+-]+\.(?:cc|cpp|cxx|cu|h|hpp):\d+ (?:[^()\n]*\([^()\n]*\)(?: const)? |\w+ )?/g,
      '',
    )
    .replaceAll(/(?:[A-Za-z]:)?(?:[/\\][\w.+-]+){2,}[/\\]?/g, '(a file)')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return where + (/[.!?]$/.test(words) ? words : `${words}.`);
}

function nodeWords(operator: string, name: string): string {
  return name === '' ? `${operator}: ` : `${operator} "${name}": `;
}
