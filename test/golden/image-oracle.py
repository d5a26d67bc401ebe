"""Makes image-goldens.json: small picture files of every kind, and what Pillow makes of them.

Run with Pillow 13 and NumPy: python test/golden/image-oracle.py test/golden/image-goldens.json

Pillow resized rows first and then columns until version 13, which chooses the cheaper order; the difference is one level
a pixel, more where a filter overshoots. Existing models were trained with the old order, so it is spelled out here.
"""

import base64
import io
import json
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def b64(data):
    return base64.b64encode(bytes(data)).decode()


def picture(width, height, seed):
    """Noise, a ramp and hard edges: what resamplers disagree on."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    pixels[: height // 3] = np.linspace(0, 255, width).astype(np.uint8)[None, :, None]
    pixels[height // 3 : height // 2, : width // 2] = (255, 0, 128)
    pixels[height // 2 :, : width // 4] = 0
    return Image.fromarray(pixels)


def smooth(width, height):
    """Gentle enough that lossy files keep it."""
    y, x = np.mgrid[0:height, 0:width]
    parts = [x * 255 // max(1, width - 1), y * 255 // max(1, height - 1), (x + y) * 255 // (width + height)]
    return Image.fromarray(np.stack(parts, axis=2).astype(np.uint8))


def resized_in_two_passes(image, size, resample):
    return image.resize((size[0], image.height), resample).resize(size, resample)


def resizes():
    cases = []
    for (from_size, to_sizes) in [
        ((23, 17), [(8, 8), (5, 17), (23, 6), (46, 34), (50, 9), (1, 1)]),
        ((1, 1), [(4, 3)]),
        ((64, 48), [(32, 32), (7, 5)]),
    ]:
        source = picture(*from_size, seed=from_size[0])
        results = []
        for size in to_sizes:
            for name, resample in FILTERS.items():
                made = resized_in_two_passes(source, size, resample)
                results.append({"filter": name, "width": size[0], "height": size[1], "rgb": b64(made.tobytes())})
        cases.append({"width": from_size[0], "height": from_size[1], "rgb": b64(source.tobytes()), "results": results})
    grey = picture(23, 17, 5).convert("L")
    return cases, {"rgb": b64(picture(23, 17, 5).tobytes()), "grey": b64(grey.tobytes())}


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png16(width, height, samples, colour_type):
    """Pillow writes no 16-bit RGB."""
    channels = samples.shape[2]
    rows = b"".join(b"\0" + samples[y].astype(">u2").tobytes() for y in range(height))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    assert channels in (1, 3)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def bmp(width, height, bits, pixels, palette=b"", compression=0, masks=b"", gap=0):
    offset = 14 + 40 + len(masks) + len(palette) + gap
    file_header = b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset)
    colours = len(palette) // 4
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 2835, 2835, colours, 0)
    return file_header + info + masks + palette + b"\0" * gap + pixels


def core_bmp(width, height, pixels, palette):
    offset = 14 + 12 + len(palette)
    header = struct.pack("<IHHHH", 12, width, height, 1, 8)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + header + palette + pixels


def bitmaps():
    palette = bytes(v for i in range(16) for v in (i * 16, 255 - i * 16, (i * 40) % 256, 0))
    rows4 = b"".join(bytes([0x01 + y * 16, 0x23, 0x40]) + b"\0" for y in range(4))
    run8 = bytes([3, 1, 0, 3, 2, 3, 4, 0, 0, 0, 6, 5, 0, 0, 0, 2, 1, 0, 5, 7, 0, 0, 6, 9, 0, 1])
    run4 = bytes([4, 0x12, 2, 0x34, 0, 0, 0, 5, 0x56, 0x78, 0x90, 0, 1, 0xA0, 0, 0, 6, 0xBC, 0, 1])
    words = lambda values: b"".join(struct.pack("<H", v) for v in values)
    pixels16 = words([0x7C00, 0x03E0, 0x001F, 0x7FFF, 0x1234, 0]) * 2
    yield "bmp-1", saved(smooth(11, 7).convert("1"), "BMP")
    yield "bmp-8", saved(smooth(11, 7).convert("P"), "BMP")
    yield "bmp-8-grey", saved(smooth(11, 7).convert("L"), "BMP")
    yield "bmp-24", saved(smooth(11, 7), "BMP")
    yield "bmp-32", saved(smooth(10, 7).convert("RGBA"), "BMP")
    yield "bmp-4-odd-width", bmp(5, 4, 4, rows4, palette)
    yield "bmp-8-run-lengths", bmp(6, 4, 8, run8, palette, compression=1)
    yield "bmp-4-run-lengths", bmp(6, 3, 4, run4, palette, compression=2)
    yield "bmp-16", bmp(6, 2, 16, pixels16)
    yield "bmp-16-masks", bmp(6, 2, 16, pixels16, compression=3, masks=struct.pack("<III", 0xF800, 0x07E0, 0x001F))
    yield "bmp-top-down", bmp(5, -4, 4, rows4, palette)
    yield "bmp-gap-before-pixels", bmp(5, 4, 4, rows4, palette, gap=8)
    yield "bmp-os2", core_bmp(4, 2, bytes(range(8)), bytes(v for i in range(16) for v in (i * 16, 255 - i * 16, i)))


def files():
    plain = smooth(21, 13)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"jpeg-exif-{orientation}", "image/jpeg", saved(plain, "JPEG", quality=95, subsampling=0, exif=exif)
    yield "jpeg-cmyk", "image/jpeg", saved(picture(16, 16, 3).convert("CMYK"), "JPEG", quality=95)
    yield "jpeg-grey", "image/jpeg", saved(plain.convert("L"), "JPEG")
    yield "jpeg-subsampled", "image/jpeg", saved(smooth(40, 24), "JPEG", quality=75, subsampling=2)
    yield "jpeg-progressive", "image/jpeg", saved(plain, "JPEG", progressive=True, subsampling=0)
    alpha = plain.convert("RGBA")
    alpha.putalpha(Image.fromarray((np.arange(21 * 13).reshape(13, 21) % 256).astype(np.uint8)))
    yield "png-alpha", "image/png", saved(alpha, "PNG")
    yield "png-grey-alpha", "image/png", saved(alpha.convert("LA"), "PNG")
    yield "png-grey", "image/png", saved(plain.convert("L"), "PNG")
    yield "png-1-bit", "image/png", saved(plain.convert("1"), "PNG")
    yield "png-palette", "image/png", saved(plain.convert("P", palette=Image.Palette.ADAPTIVE, colors=16), "PNG")
    quantised = plain.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    yield "png-palette-transparent", "image/png", saved(quantised, "PNG", transparency=3)
    yield "gif", "image/gif", saved(quantised, "GIF")
    frames = [picture(9, 8, seed).convert("P") for seed in range(3)]
    yield "gif-animated", "image/gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    yield "webp-lossless", "image/webp", saved(picture(19, 11, 2), "WEBP", lossless=True)
    yield "webp-lossy", "image/webp", saved(smooth(32, 24), "WEBP", quality=90)
    yield "webp-alpha", "image/webp", saved(alpha, "WEBP", lossless=True, exact=True)
    for name, data in bitmaps():
        yield name, "image/bmp", data


def decoded(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    return {"width": image.width, "height": image.height, "rgb": b64(image.tobytes())}


def decodes():
    cases = [{"name": n, "content_type": t, "file": b64(d), **decoded(d)} for n, t, d in files()]
    for name, channels, colour_type in [("png-rgb-16", 3, 2), ("png-grey-16", 1, 0)]:
        samples = np.random.default_rng(9).integers(0, 65536, (5, 6, channels))
        rgb = np.repeat(samples >> 8, 3 // channels, axis=2).astype(np.uint8)
        data = png16(6, 5, samples, colour_type)
        cases.append(
            {"name": name, "content_type": "image/png", "file": b64(data), "width": 6, "height": 5, "rgb": b64(rgb.tobytes())}
        )
    return cases


def crop_middle(pixels, height, width):
    """As Transformers' center_crop: floor offsets, zeros outside."""
    out = np.zeros((height, width, pixels.shape[2]), pixels.dtype)
    top = (pixels.shape[0] - height) // 2
    left = (pixels.shape[1] - width) // 2
    for y in range(height):
        for x in range(width):
            if 0 <= y + top < pixels.shape[0] and 0 <= x + left < pixels.shape[1]:
                out[y, x] = pixels[y + top, x + left]
    return out


def pipelines():
    """The steps of Transformers' image processors, written out."""
    image = picture(40, 30, 7)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    half = np.array([0.5, 0.5, 0.5])

    def resized(width, height, resample):
        return np.asarray(resized_in_two_passes(image, (width, height), FILTERS[resample]))

    clip = {"crop_size": 16, "do_center_crop": True, "resample": 3, "size": {"shortest_edge": 20}}
    cases = [
        ("default", None, [1, 3, 16, 16], (resized(16, 16, "bilinear") / 255 - mean) / std, "NCHW"),
        ("default-nhwc", None, ["n", 16, 16, 3], (resized(16, 16, "bilinear") / 255 - mean) / std, "NHWC"),
        (
            "clip",
            {**clip, "image_mean": [0.48, 0.46, 0.41], "image_std": [0.27, 0.26, 0.28], "image_processor_type": "CLIPImageProcessor"},
            ["n", 3, "h", "w"],
            (crop_middle(resized(26, 20, "bicubic"), 16, 16) / 255 - [0.48, 0.46, 0.41]) / [0.27, 0.26, 0.28],
            "NCHW",
        ),
        (
            "clip-old-numbers",
            {**clip, "size": 20, "do_normalize": False, "feature_extractor_type": "CLIPFeatureExtractor"},
            ["n", 3, 16, 16],
            crop_middle(resized(26, 20, "bicubic"), 16, 16) / 255,
            "NCHW",
        ),
        (
            "vit",
            {"size": {"height": 12, "width": 18}, "resample": 2, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]},
            ["n", 3, 12, 18],
            (resized(18, 12, "bilinear") / 255 - half) / half,
            "NCHW",
        ),
        (
            "convnext",
            {"size": {"shortest_edge": 14}, "resample": 3, "image_processor_type": "ConvNextImageProcessor"},
            ["n", 3, "h", "w"],
            (crop_middle(resized(int(16 * 40 / 30), 16, "bicubic"), 14, 14) / 255 - mean) / std,
            "NCHW",
        ),
        (
            "crop-larger-than-picture",
            {"do_resize": False, "do_center_crop": True, "crop_size": {"height": 33, "width": 20}, "do_normalize": False},
            ["n", 3, "h", "w"],
            crop_middle(np.asarray(image), 33, 20) / 255,
            "NCHW",
        ),
        (
            "blue-first",
            {"do_flip_channel_order": True, "do_normalize": False, "size": 8},
            ["n", 3, "h", "w"],
            resized(8, 8, "bilinear")[:, :, ::-1] / 255,
            "NCHW",
        ),
        (
            "signed",
            {"do_rescale": False, "image_mean": 127.5, "image_std": 127.5, "size": 8, "resample": "lanczos"},
            ["n", "h", "w", 3],
            (resized(8, 8, "lanczos") - 127.5) / 127.5,
            "NHWC",
        ),
    ]
    made = []
    for name, settings, shape, values, layout in cases:
        tensor = values.transpose(2, 0, 1) if layout == "NCHW" else values
        tensor = tensor[None].astype("<f4")
        made.append(
            {"name": name, "settings": settings, "input": shape, "shape": list(tensor.shape), "float32": b64(tensor.tobytes())}
        )
    return {"file": b64(saved(image, "PNG")), "cases": made}


def main(path):
    resize, grey = resizes()
    golden = {"pillow": PIL.__version__, "resize": resize, "grey": grey, "decode": decodes(), "pipelines": pipelines()}
    with open(path, "w") as out:
        json.dump(golden, out, indent=1)
        out.write("\n")


main(sys.argv[1])
