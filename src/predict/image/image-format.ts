/**
 * What picture format bytes are, told by their first ones; and which content types name it. It decodes nothing.
 */
import { AppError } from '../../common/errors/app-error.js';

export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'bmp';

/** The content types a caller may declare; the first of each format is the one we name. */
export const IMAGE_CONTENT_TYPES: Readonly<Record<string, ImageFormat>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/bmp': 'bmp',
  'image/jpg': 'jpeg',
  'image/x-ms-bmp': 'bmp',
  'image/x-bmp': 'bmp',
};

interface Signature {
  name: string;
  format: ImageFormat | null;
  /** Latin-1 text at an offset. */
  marks: [offset: number, text: string][];
}

/** Formats without a decoder here are listed so that a refusal can name what came. */
const SIGNATURES: Signature[] = [
  { name: 'a JPEG', format: 'jpeg', marks: [[0, '\xff\xd8\xff']] },
  { name: 'a PNG', format: 'png', marks: [[0, '\x89PNG\r\n\x1a\n']] },
  { name: 'a GIF', format: 'gif', marks: [[0, 'GIF87a']] },
  { name: 'a GIF', format: 'gif', marks: [[0, 'GIF89a']] },
  {
    name: 'a WebP',
    format: 'webp',
    marks: [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  },
  { name: 'a BMP', format: 'bmp', marks: [[0, 'BM']] },
  { name: 'a TIFF', format: null, marks: [[0, 'II*\0']] },
  { name: 'a TIFF', format: null, marks: [[0, 'MM\0*']] },
  { name: 'an AVIF or HEIF', format: null, marks: [[4, 'ftyp']] },
  { name: 'a JPEG XL', format: null, marks: [[0, '\xff\x0a']] },
  { name: 'a JPEG 2000', format: null, marks: [[0, '\0\0\0\x0cjP']] },
  { name: 'a PDF', format: null, marks: [[0, '%PDF']] },
  { name: 'an ICO', format: null, marks: [[0, '\0\0\x01\0']] },
];

const XML_START = /^(\xef\xbb\xbf)?\s*<(\?xml|!--|!doctype|svg)/i;

/**
 * The format of the bytes, when it is the one their content type names.
 * @throws AppError `unsupported_media_type` for a content type that is no served picture format, `invalid_value` when
 *   the bytes are something else
 */
export function imageFormat(bytes: Uint8Array, contentType: string): ImageFormat {
  const mediaType = contentType.split(';', 1)[0].trim().toLowerCase();
  if (!Object.hasOwn(IMAGE_CONTENT_TYPES, mediaType)) {
    const served = Object.keys(IMAGE_CONTENT_TYPES).slice(0, 5).join(', ');
    throw new AppError('unsupported_media_type', `The content type "${contentType}" is not served; use ${served}.`);
  }
  const declared = IMAGE_CONTENT_TYPES[mediaType];
  const found = recognise(bytes);
  if (found.format === declared) return declared;
  throw new AppError(
    'invalid_value',
    `The item is declared as ${contentType}, but its ${bytes.length} bytes are ${found.name}.`,
  );
}

function recognise(bytes: Uint8Array): Pick<Signature, 'name' | 'format'> {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1');
  const found = SIGNATURES.find(({ marks }) => marks.every(([offset, text]) => start.startsWith(text, offset)));
  if (found) return found;
  if (XML_START.test(start)) return { name: 'an SVG or XML text', format: null };
  return { name: 'no picture that is known here', format: null };
}
