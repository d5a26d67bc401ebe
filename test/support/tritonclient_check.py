"""Drives a server with NVIDIA's own client, unmodified: tritonclient_check.py <host:port> <key> <check>

Prints nothing when the check holds; raises otherwise. The models are identities, so every answer is what was sent.
"""

import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

client = triton.InferenceServerClient(sys.argv[1], network_timeout=60, connection_timeout=60)


def headers():
    """A new one for each call: the client writes its own headers into what it is given."""
    return {"api-key": sys.argv[2]}


def infer(model, array, binary_in, binary_out, outputs=None, **options):
    metadata = client.get_model_metadata(model, headers=headers())
    sent = triton.InferInput(metadata["inputs"][0]["name"], list(array.shape), np_to_triton_dtype(array.dtype))
    sent.set_data_from_numpy(array, binary_data=binary_in)
    name = metadata["outputs"][0]["name"]
    wanted = outputs or [triton.InferRequestedOutput(name, binary_data=binary_out)]
    answer = client.infer(model, [sent], outputs=wanted, headers=headers(), **options)
    return answer, answer.as_numpy(name)


def each_way(model, array, expected=None):
    for binary_in in (True, False):
        for binary_out in (True, False):
            _, got = infer(model, array, binary_in, binary_out)
            np.testing.assert_array_equal(got, array if expected is None else expected)
            assert got.dtype == array.dtype or array.dtype.kind in "OSU", (got.dtype, array.dtype)


def server():
    assert client.is_server_live(headers=headers())
    assert client.is_server_ready(headers=headers())
    metadata = client.get_server_metadata(headers=headers())
    assert "binary_tensor_data" in metadata["extensions"], metadata
    assert client.is_model_ready("digits-cnn", headers=headers())
    assert not client.is_model_ready("nobody", headers=headers())


def numbers():
    random = np.random.default_rng(1)
    for dtype in ("float32", "float64"):
        each_way(f"identity-{dtype}", random.normal(size=(5, 4)).astype(dtype))
    for dtype in ("int8", "int64", "uint32", "uint64"):
        limits = np.iinfo(dtype)
        each_way(f"identity-{dtype}", np.array([[limits.min, limits.max], [0, 1]], dtype))
    each_way("identity-bool", np.array([[True, False], [False, True]]))


def not_finite():
    array = np.array([[np.nan, np.inf], [-np.inf, -0.0]], "float32")
    for binary_out in (True, False):
        _, got = infer("identity-float32", array, True, binary_out)
        np.testing.assert_array_equal(got, array)


def strings():
    texts = np.array([["", "plain"], ["Zürich 漢字 😀", '"quoted"\n']], dtype=object)
    for binary_in in (True, False):
        for binary_out in (True, False):
            _, got = infer("identity-string", texts, binary_in, binary_out)
            shown = [item.decode() if isinstance(item, bytes) else item for item in got.flatten()]
            assert shown == list(texts.flatten()), shown


def image():
    """An input as large as a picture, through a real classifier, with labels on request."""
    pixels = np.random.default_rng(2).normal(size=(3, 3, 32, 32)).astype("float32")
    answers = [infer("digits-cnn", pixels, a, b)[1] for a in (True, False) for b in (True, False)]
    for answer in answers:
        assert answer.shape == (3, 10) and answer.dtype == np.float32
        np.testing.assert_allclose(answer, answers[0], rtol=1e-6)
    wanted = [triton.InferRequestedOutput("logits", binary_data=True, class_count=2)]
    _, classes = infer("digits-cnn", pixels, True, True, wanted)
    assert classes.shape == (3, 2), classes.shape
    score, index, label = classes[0][0].decode().split(":")
    assert int(index) == answers[0][0].argmax(), classes
    assert label == "zero one two three four five six seven eight nine".split()[int(index)]
    assert abs(float(score) - answers[0][0].max()) < 1e-4


def options():
    array = np.array([[1, 2]], "float32")
    for compression in ("gzip", "deflate"):
        answer, got = infer("identity-float32", array, True, True, request_id="r1", request_compression_algorithm=compression)
        assert answer.get_response()["id"] == "r1"
        np.testing.assert_array_equal(got, array)
    metadata = client.get_model_metadata("identity-float32", headers=headers())
    sent = triton.InferInput(metadata["inputs"][0]["name"], [1, 2], "FP32").set_data_from_numpy(array)
    everything = client.infer("identity-float32", [sent], headers=headers())
    np.testing.assert_array_equal(everything.as_numpy(metadata["outputs"][0]["name"]), array)
    waiting = client.async_infer("identity-float32", [sent], headers=headers())
    np.testing.assert_array_equal(waiting.get_result().as_numpy(metadata["outputs"][0]["name"]), array)


def errors():
    def fails(words, call):
        try:
            call()
        except InferenceServerException as error:
            assert words in error.message(), error
        else:
            raise AssertionError(f"expected an error with {words!r}")

    array = np.zeros((1, 3, 32, 31), "float32")
    fails("expected 32 at axis 3", lambda: infer("digits-cnn", array, True, True))
    fails("expected float32; got float64", lambda: infer("digits-cnn", array.astype("float64"), False, True))
    fails("not served here", lambda: client.get_model_metadata("nobody", headers=headers()))
    fails("credentials", lambda: client.get_server_metadata())


{f.__name__: f for f in (server, numbers, not_finite, strings, image, options, errors)}[sys.argv[3]]()
