/** Reads a server-sent-event response the way a careful client does. */

export interface ChatChunk {
  id?: string;
  choices?: { delta: { role?: string; content?: string }; finish_reason: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null;
  error?: { message: string; type: string; param: string | null; code: string };
}

export interface ReadStream {
  chunks: ChatChunk[];
  comments: number;
  /** Whether `data: [DONE]` came, as the last thing. */
  done: boolean;
}

/** @param onChunk called with each chunk as it comes */
export async function readStream(
  response: Response,
  onChunk: (chunk: ChatChunk) => void = () => undefined,
): Promise<ReadStream> {
  const read: ReadStream = { chunks: [], comments: 0, done: false };
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) {
    rest += decoder.decode(bytes as Uint8Array, { stream: true });
    const events = rest.split('\n\n');
    rest = events.pop()!;
    for (const event of events) {
      if (event.startsWith(':')) read.comments += 1;
      else if (event === 'data: [DONE]') read.done = true;
      else {
        const chunk = JSON.parse(event.slice('data: '.length)) as ChatChunk;
        read.chunks.push(chunk);
        onChunk(chunk);
      }
    }
  }
  return read;
}

export const textOf = (read: ReadStream): string =>
  read.chunks.map((chunk) => chunk.choices?.[0]?.delta.content ?? '').join('');

export const finishOf = (read: ReadStream): string | null =>
  read.chunks.map((chunk) => chunk.choices?.[0]?.finish_reason ?? null).findLast((reason) => reason !== null) ?? null;

export const errorOf = (read: ReadStream): ChatChunk['error'] => read.chunks.find((chunk) => chunk.error)?.error;
