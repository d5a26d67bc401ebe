/** What Pillow has no word on: damaged, hostile and unserved files. The pictures themselves are in test/golden. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../common/errors/app-error.js';
import { decodeImage, readImageHeader } from './decode-image.js';
import { imageFormat, type ImageFormat } from './image-format.js';

interface File {
  name: string;
  content_type: string;
  file: string;
}

const { decode: files } = JSON.parse(readFileSync('test/golden/image-goldens.json', 'utf8')) as { decode: File[] };
const bytesOf = ({ file }: File) => new Uint8Array(Buffer.from(file, 'base64'));
const ofName = (name: string) => files.find((file) => file.name === name)!;

async function decode(bytes: Uint8Array, format: ImageFormat) {
  return decodeImage(bytes, format, await readImageHeader(bytes, format));
}

describe('imageFormat', () => {
  it.each(files)('tells $name from its first bytes', (file) => {
    expect(() => imageFormat(bytesOf(file), file.content_type)).not.toThrow();
    expect(() => imageFormat(bytesOf(file), `${file.content_type.toUpperCase()}; q=1`)).not.toThrow();
  });

  const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
  it.each([
    ['a PNG', 'image/jpeg', bytesOf(ofName('png-grey'))],
    ['a JPEG', 'image/png', bytesOf(ofName('jpeg-grey'))],
    ['an SVG or XML text', 'image/png', Buffer.from(svg)],
    ['an SVG or XML text', 'image/gif', Buffer.from('  <svg/>')],
    ['a PDF', 'image/bmp', Buffer.from('%PDF-1.7')],
    ['a TIFF', 'image/webp', Buffer.from('II*\0aaaa')],
    ['an AVIF or HEIF', 'image/webp', Buffer.from('\0\0\0\x1cftypavif', 'latin1')],
    ['no picture that is known here', 'image/png', Buffer.from('hello')],
    ['no picture that is known here', 'image/png', new Uint8Array()],
  ])('names both sides when %s comes as %s', (found, declared, bytes) => {
    expect(() => imageFormat(bytes, declared)).toThrow(
      `The item is declared as ${declared}, but its ${bytes.length} bytes are ${found}.`,
    );
  });

  it('refuses a type that is not served, naming those that are', () => {
    expect(() => imageFormat(new Uint8Array(), 'image/svg+xml')).toThrow(
      'The content type "image/svg+xml" is not served; use image/jpeg, image/png, image/gif, image/webp, image/bmp.',
    );
    expect(() => imageFormat(new Uint8Array(), 'constructor')).toThrow('is not served');
  });
});

describe('decodeImage', () => {
  it('has no loader for anything else, even where the first bytes are trusted', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const tiff = Buffer.from('SUkqAAgAAAAAAA==', 'base64');
    for (const bytes of [svg, tiff]) await expect(decode(bytes, 'png')).rejects.toThrow('cannot be decoded');
    await expect(sharp(svg).metadata()).rejects.toThrow('unsupported image format');
  });

  it.each(files)('refuses every cut of $name, or makes a picture of it', async (file) => {
    const bytes = bytesOf(file);
    const format = imageFormat(bytes, file.content_type);
    const cuts = fc.integer({ min: 0, max: bytes.length - 1 });
    const property = fc.asyncProperty(cuts, async (length) => {
      await expectPictureOrRefusal(bytes.slice(0, length), format);
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it.each(files)('survives damage to $name', async (file) => {
    const bytes = bytesOf(file);
    const format = imageFormat(bytes, file.content_type);
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(changes, async (damage) => {
      const damaged = bytes.slice();
      for (const [place, byte] of damage) damaged[place] = byte;
      await expectPictureOrRefusal(damaged, format);
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it('says that a half of a file is not enough', async () => {
    for (const name of ['jpeg-progressive', 'png-grey', 'webp-lossless', 'bmp-24']) {
      const bytes = bytesOf(ofName(name));
      const format = imageFormat(bytes, ofName(name).content_type);
      const half = bytes.slice(0, Math.floor(bytes.length * 0.7));
      await expect(decode(half, format)).rejects.toThrow(/^The (bmp|\w+) image (cannot be decoded|is cut off)/);
    }
  });
});

/** Damage may claim any size; only what callers would be let decode is decoded. */
async function expectPictureOrRefusal(bytes: Uint8Array, format: ImageFormat): Promise<void> {
  try {
    const header = await readImageHeader(bytes, format);
    if (header.width * header.height > 100_000) return;
    const { width, height, data } = await decodeImage(bytes, format, header);
    expect(data).toHaveLength(width * height * 3);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('invalid_value');
  }
}
