/**
 * The interpolation kernels of Pillow's `resize`, as functions of the distance in source pixels, and their reach.
 * It does not know pictures.
 */

export const RESAMPLE_NAMES = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const;

export type Resample = (typeof RESAMPLE_NAMES)[number];

export interface Kernel {
  /** Zero at this distance and beyond. */
  reach: number;
  weight(distance: number): number;
}

/** `nearest` takes one pixel and has no kernel. */
export const KERNELS: Readonly<Record<Exclude<Resample, 'nearest'>, Kernel>> = {
  box: { reach: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { reach: 1, weight: hamming },
  bicubic: { reach: 2, weight: bicubic },
  lanczos: { reach: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function hamming(distance: number): number {
  const x = Math.abs(distance);
  if (x >= 1) return 0;
  return sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI));
}

/** Keys' cubic convolution with a = -0.5. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
