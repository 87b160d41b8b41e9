"""Convolutions, normalisation, pools and recurrent layers of PyTorch, whose axes are (B,C,S..) and
(T,B,C) where dltape's are (S..,C,B) and (C,B,T)."""
import numpy as np
import torch
from torch import _VF
from torch.nn import functional as F

from cases import Cases, mixed, positive

cases = Cases("deep")
add = cases.add
text = cases.text
AXES = "SSS"


def to_torch(x):
    n = x.dim() - 2
    return x.permute(n + 1, n, *range(n))


def from_torch(x):
    n = x.dim() - 2
    return x.permute(*range(2, n + 2), 1, 0)


def filters(w, n):
    """(filter.., c, f[, groups]) to (groups f, c, filter..)."""
    if w.dim() == n + 2:
        w = w.unsqueeze(-1)
    return w.permute(n + 2, n + 1, n, *range(n)).flatten(0, 1)


def image(*shape, seed=0):
    return mixed(*shape, seed=seed, labels=AXES[:len(shape) - 2] + "CB")


def list_of(name, values):
    return f".{name} = {{ {', '.join(map(str, values))} }}" if any(values) else ""


def options(stride=(), dilation=(), before=(), after=(), groups=1, same=False):
    parts = [list_of("stride", stride), list_of("dilation", dilation), list_of("before", before),
             list_of("after", after), f".groups = {groups}" if groups > 1 else "", ".same = 1" if same else ""]
    return "(dl_conv_options){ %s }" % (", ".join(p for p in parts if p) or "0")


def around(before, after):
    """PyTorch's pad counts from the last axis."""
    return [v for pair in reversed(list(zip(before, after))) for v in pair]


def conv(title, x, w, bias=True, same=False, **o):
    n = x.values.ndim - 2
    stride, dilation = o.get("stride", (1,) * n), o.get("dilation", (1,) * n)
    before, after = o.get("before", (0,) * n), o.get("after", (0,) * n)
    if same:
        need = [(-(-size // s) - 1) * s + (k - 1) * d + 1 - size
                for size, s, k, d in zip(x.values.shape, stride, w.values.shape, dilation)]
        before, after = [max(v, 0) // 2 for v in need], [max(v, 0) - max(v, 0) // 2 for v in need]

    def f(x, w, b=None):
        padded = F.pad(to_torch(x), around(before, after))
        convolve = (F.conv1d, F.conv2d, F.conv3d)[n - 1]
        return from_torch(convolve(padded, filters(w, n), b, stride, 0, dilation, o.get("groups", 1)))

    count = w.values.shape[n + 1] * o.get("groups", 1)
    inputs = [x, w] + [mixed(count, seed=9)] * bias
    b = "x[2]" if bias else "(dl_val){ 0 }"
    add(f"conv, {title}", f"dl_conv(x[0], x[1], {b}, {options(same=same, **o)})", inputs, f)


conv("one axis", image(6, 2, 2), mixed(3, 2, 3, seed=1))
conv("one axis, stride", image(7, 2, 1), mixed(3, 2, 2, seed=1), stride=(2,))
conv("one axis, dilation and zeros", image(6, 1, 2), mixed(3, 1, 2, seed=1), dilation=(2,), before=(2,), after=(1,))
conv("two axes", image(4, 5, 2, 2), mixed(2, 3, 2, 2, seed=1))
conv("two axes, strides", image(5, 6, 1, 2), mixed(2, 3, 1, 2, seed=1), stride=(2, 3))
conv("two axes, zeros around", image(3, 4, 2, 1), mixed(3, 3, 2, 2, seed=1), before=(1, 1), after=(1, 1))
conv("two axes, zeros, stride, dilation", image(5, 5, 1, 2), mixed(2, 3, 1, 2, seed=1), before=(1, 2), after=(0, 1),
     stride=(2, 1), dilation=(2, 2))
conv("two axes, same", image(4, 5, 2, 1), mixed(3, 2, 2, 2, seed=1), same=True)
conv("two axes, same, stride", image(5, 4, 1, 2), mixed(3, 2, 1, 2, seed=1), same=True, stride=(2, 2))
conv("groups", image(4, 3, 4, 2), mixed(2, 2, 2, 3, 2, seed=1), groups=2)
conv("a channel a group", image(4, 3, 3, 1), mixed(2, 2, 1, 1, 3, seed=1), groups=3, stride=(2, 1))
conv("without bias", image(4, 4, 2, 1), mixed(2, 2, 2, 2, seed=1), bias=False)
conv("three axes", image(3, 3, 4, 1, 2), mixed(2, 2, 2, 1, 2, seed=1))
conv("three axes, stride and zeros", image(3, 3, 4, 2, 1), mixed(2, 1, 3, 2, 1, seed=1), stride=(1, 2, 2),
     before=(0, 1, 1), after=(1, 0, 1))


def over_time(x, w, b):
    """(C,B,T): an axis T like an axis S."""
    return F.conv1d(x.permute(1, 0, 2), filters(w, 1), b).permute(1, 0, 2)


add("conv, over time", "dl_conv(x[0], x[1], x[2], (dl_conv_options){ 0 })",
    [mixed(2, 2, 5, labels="CBT"), mixed(3, 2, 3, seed=1), mixed(3, seed=9)], over_time)


def transposed(title, x, w, same=False, **o):
    n = x.values.ndim - 2
    stride, dilation = o.get("stride", (1,) * n), o.get("dilation", (1,) * n)
    before, after = o.get("before", (0,) * n), o.get("after", (0,) * n)
    if same:
        need = [(k - 1) * d + 1 - s for s, k, d in zip(stride, w.values.shape, dilation)]
        before, after = [v // 2 for v in need], [v - v // 2 for v in need]

    def f(x, w, b):
        convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[n - 1]
        w = w.unsqueeze(-1) if w.dim() == n + 2 else w
        w = w.permute(n + 2, n + 1, n, *range(n)).flatten(0, 1)
        y = convolve(to_torch(x), w, None, stride, 0, 0, o.get("groups", 1), dilation)
        y = y[(..., *(slice(a, size - z) for a, z, size in zip(before, after, y.shape[2:])))]
        return from_torch(y + b.reshape(-1, *[1] * n))

    count = w.values.shape[n] * o.get("groups", 1)
    add(f"transposed_conv, {title}", f"dl_transposed_conv(x[0], x[1], x[2], {options(same=same, **o)})",
        [x, w, mixed(count, seed=9)], f)


transposed("one axis", image(4, 2, 2), mixed(3, 3, 2, seed=1))
transposed("one axis, stride", image(3, 2, 1), mixed(3, 2, 2, seed=1), stride=(2,))
transposed("two axes", image(3, 2, 2, 2), mixed(2, 3, 2, 2, seed=1))
transposed("two axes, stride, cropped", image(3, 3, 1, 2), mixed(3, 2, 2, 1, seed=1), stride=(2, 2), before=(1, 0),
           after=(1, 1))
transposed("two axes, dilation", image(2, 3, 2, 1), mixed(2, 2, 1, 2, seed=1), dilation=(2, 1))
transposed("same", image(3, 2, 1, 2), mixed(3, 4, 2, 1, seed=1), same=True, stride=(2, 3))
transposed("groups", image(3, 2, 4, 1), mixed(2, 2, 3, 2, 2, seed=1), groups=2)
transposed("three axes", image(2, 2, 2, 1, 2), mixed(2, 2, 2, 2, 1, seed=1), stride=(2, 1, 2))

# ---- normalisation -------------------------------------------------------------------------------

OFFSET, SCALE = mixed(4, seed=3), positive(4, seed=4)
PICTURE, SEQUENCE = image(2, 3, 4, 3), mixed(4, 3, 2, labels="CBT")


def batchnorm(x, offset, scale):
    y = from_torch(F.batch_norm(to_torch(x), None, None, scale, offset, True, 0, 1e-3))
    over = [k for k in range(x.dim()) if k != x.dim() - 2]
    return y, x.mean(over), torch.var(x, over, False)


def by_channel(x, v, axis):
    return v.reshape([-1 if k == axis else 1 for k in range(x.dim())])


add("batchnorm of pictures", "dl_batchnorm(x[0], x[1], x[2], 1e-3, &y[0], &y[1], &y[2]);", [PICTURE, OFFSET, SCALE],
    batchnorm)
add("batchnorm of rows", "dl_batchnorm(x[0], x[1], x[2], 1e-3, &y[0], NULL, NULL);",
    [mixed(4, 3, labels="CB"), OFFSET, SCALE], lambda x, o, s: batchnorm(x, o, s)[0])
add("batchnorm_given", "dl_batchnorm_given(x[0], x[1], x[2], x[3], x[4], 1e-3)",
    [PICTURE, OFFSET, SCALE, mixed(4, seed=5), positive(4, seed=6)],
    lambda x, o, s, m, v: by_channel(x, o, 2) + by_channel(x, s, 2) * (x - by_channel(x, m, 2))
    / torch.sqrt(by_channel(x, v, 2) + 1e-3))
add("batchnorm_given of PyTorch", "dl_batchnorm_given(x[0], x[1], x[2], x[3], x[4], 1e-3)",
    [PICTURE, OFFSET, SCALE, mixed(4, seed=5, fixed=True), positive(4, seed=6, fixed=True)],
    lambda x, o, s, m, v: from_torch(F.batch_norm(to_torch(x), m, v, s, o, False, 0, 1e-3)))


def layernorm(x, o, s):
    """Over all axes but B, which is last."""
    y = torch.movedim(F.layer_norm(torch.movedim(x, -1, 0), x.shape[:-1], eps=1e-3), 0, -1)
    return y * by_channel(x, s, x.dim() - 2) + by_channel(x, o, x.dim() - 2)


add("layernorm of pictures", "dl_layernorm(x[0], x[1], x[2], 1e-3)", [PICTURE, OFFSET, SCALE], layernorm)
add("layernorm of sequences", "dl_layernorm(x[0], x[1], x[2], 1e-3)", [SEQUENCE, OFFSET, SCALE],
    lambda x, o, s: F.layer_norm(x.permute(1, 2, 0), (4,), s, o, 1e-3).permute(2, 0, 1))
add("instancenorm of pictures", "dl_instancenorm(x[0], x[1], x[2], 1e-3)", [PICTURE, OFFSET, SCALE],
    lambda x, o, s: from_torch(F.instance_norm(to_torch(x), None, None, s, o, True, 0, 1e-3)))
add("instancenorm of sequences", "dl_instancenorm(x[0], x[1], x[2], 1e-3)", [mixed(4, 2, 3, labels="CBT"), OFFSET, SCALE],
    lambda x, o, s: F.instance_norm(x.permute(1, 0, 2), None, None, s, o, True, 0, 1e-3).permute(1, 0, 2))
add("groupnorm of pictures", "dl_groupnorm(x[0], 2, x[1], x[2], 1e-3)", [PICTURE, OFFSET, SCALE],
    lambda x, o, s: from_torch(F.group_norm(to_torch(x), 2, s, o, 1e-3)))
add("groupnorm of rows", "dl_groupnorm(x[0], 2, x[1], x[2], 1e-3)", [mixed(4, 3, labels="CB"), OFFSET, SCALE],
    lambda x, o, s: from_torch(F.group_norm(to_torch(x), 2, s, o, 1e-3)))
add("rmsnorm", "dl_rmsnorm(x[0], x[1], 1e-3)", [SEQUENCE, SCALE],
    lambda x, s: x * torch.rsqrt((x * x).mean(0, True) + 1e-3) * s[:, None, None])

# ---- pools and fully connected -------------------------------------------------------------------

SIZE = "(const int64_t[]){ %s }"


def pool(kind, title, x, window, stride=None, zeros=None):
    n = len(window)
    o = options(stride=stride or (), before=zeros or (), after=zeros or ())
    average, largest = ((F.avg_pool1d, F.max_pool1d), (F.avg_pool2d, F.max_pool2d),
                        (F.avg_pool3d, F.max_pool3d))[n - 1]
    add(f"{kind}, {title}", f"dl_{kind}(x[0], {SIZE % ', '.join(map(str, window))}, {o})", [x],
        lambda x: from_torch((average if kind == "avgpool" else largest)(
            to_torch(x), window, stride or (1,) * n, zeros or 0)))


for kind in ("avgpool", "maxpool"):
    pool(kind, "one axis", image(6, 2, 2), (3,), (2,))
    pool(kind, "two axes", image(4, 5, 2, 2), (2, 3))
    pool(kind, "two axes, strides and zeros around", image(5, 4, 1, 2), (3, 2), (2, 2), (1, 1))
    pool(kind, "three axes", image(4, 2, 4, 1, 2), (2, 2, 2), (2, 1, 2))
add("global_maxpool", "dl_global_maxpool(x[0])", [image(3, 2, 2, 2)], lambda x: x.amax((0, 1), True))
add("global_avgpool", "dl_global_avgpool(x[0])", [image(3, 2, 2, 2)], lambda x: x.mean((0, 1), True))


def with_indices(x):
    """PyTorch counts within a picture of one channel."""
    y, at = F.max_pool2d(to_torch(x), 2, 2, return_indices=True)
    channels, batch = x.shape[2:]
    c = torch.arange(channels)[None, :, None, None]
    b = torch.arange(batch)[:, None, None, None]
    return from_torch(y), from_torch((at * channels + c) * batch + b)


def unpooled(x):
    y, at = F.max_pool2d(to_torch(x), 2, 2, return_indices=True)
    return from_torch(F.max_unpool2d(y, at, 2, 2, output_size=x.shape[:2]))


WINDOW = SIZE % "2, 2"
add("maxpool_indices", f"dl_maxpool_indices(x[0], {WINDOW}, (dl_conv_options){{ .stride = {{ 2, 2 }} }}, &y[0], "
    "&y[1]);", [image(4, 5, 2, 2)], with_indices)
add("maxunpool", f"dl_val at; dl_maxpool_indices(x[0], {WINDOW}, (dl_conv_options){{ .stride = {{ 2, 2 }} }}, &y[0], "
    "&at); y[0] = dl_maxunpool(y[0], at, x[0]);", [image(4, 5, 2, 2)], unpooled)
add("fullyconnect of pictures", "dl_fullyconnect(x[0], x[1], x[2])", [image(2, 2, 2, 3), mixed(3, 8, seed=1), mixed(3, seed=2)],
    lambda x, w, b: F.linear(x.reshape(8, 3).T, w, b).T)
add("fullyconnect of sequences", "dl_fullyconnect(x[0], x[1], x[2])",
    [mixed(2, 3, 2, labels="CBT"), mixed(3, 2, seed=1), mixed(3, seed=2)],
    lambda x, w, b: F.linear(x.permute(1, 2, 0), w, b).permute(2, 0, 1))

# ---- recurrent layers ----------------------------------------------------------------------------

FEATURES, HIDDEN, BATCH, TIMES = 3, 2, 2, 4


def recurrent(gates, states=1):
    x = mixed(FEATURES, BATCH, TIMES, labels="CBT")
    weights = [mixed(gates * HIDDEN, FEATURES, seed=5), mixed(gates * HIDDEN, HIDDEN, seed=6), mixed(gates * HIDDEN, seed=7)]
    for w in weights:
        w.values = w.values / 4
    return [x] + [mixed(HIDDEN, BATCH, seed=8 + k) for k in range(states)] + weights


def layer(f):
    """All steps, and the last states. PyTorch's second bias is 0."""
    def run(x, *rest):
        states, (w, r, b) = [s.T[None] for s in rest[:-3]], rest[-3:]
        y, *last = f(x.permute(2, 1, 0), states if len(states) > 1 else states[0],
                     [w, r, b, torch.zeros_like(b)], True, 1, 0.0, False, False, False)
        return (y.permute(2, 1, 0), *(s[0].T for s in last))
    return run


add("rnn", "dl_rnn(x[0], x[1], x[2], x[3], x[4], &y[0], &y[1]);", recurrent(1), layer(_VF.rnn_tanh))
add("lstm", "dl_lstm(x[0], x[1], x[2], x[3], x[4], x[5], &y[0], &y[1], &y[2]);", recurrent(4, 2), layer(_VF.lstm))
add("gru", "dl_gru(x[0], x[1], x[2], x[3], x[4], &y[0], &y[1]);", recurrent(3), layer(_VF.gru))

# ---- interpolation -------------------------------------------------------------------------------

LINEAR = ("linear", "bilinear", "trilinear")


def resize(title, x, o, size=None, scale=None, **how):
    """o: the options of dltape; how: those of PyTorch."""
    numbers = f"DL_DIMS({', '.join(map(str, size))})" if size else f"{len(scale)}, (const double[]){{ {', '.join(map(str, scale))} }}"
    add(f"resize, {title}", f"dl_resize{'' if size else '_by'}(x[0], {numbers}, (dl_resize_options){{ {o or 0} }})", [x],
        lambda x: from_torch(F.interpolate(to_torch(x), size, scale, **how)))


for mode, o in (("nearest", ".places = DL_ASYMMETRIC, .rounding = DL_NEAREST_FLOOR"), ("nearest-exact", "")):
    resize(f"{mode}, more", image(3, 2, 2), o, (7,), mode=mode)
    resize(f"{mode}, fewer", image(7, 2, 1), o, (3,), mode=mode)
    resize(f"{mode}, two axes", image(3, 5, 1, 2), o, (5, 2), mode=mode)
    resize(f"{mode}, three axes", image(2, 3, 2, 1, 1), o, (3, 2, 4), mode=mode)
    resize(f"{mode}, scales", image(3, 4, 1, 2), o, scale=(1.5, 2.0), mode=mode)
for corners, places in ((False, "HALF_PIXEL"), (True, "ALIGN_CORNERS")):
    o = f".method = DL_RESIZE_LINEAR, .places = DL_{places}"
    name = places.lower().replace("_", " ")
    for size in (1, 2, 7):
        resize(f"{name}, {size} of 5", image(5, 2, 1), o, (size,), mode="linear", align_corners=corners)
    resize(f"{name}, more", image(3, 2, 1, 2), o, (5, 7), mode="bilinear", align_corners=corners)
    resize(f"{name}, fewer", image(7, 5, 1, 1), o, (3, 2), mode="bilinear", align_corners=corners)
    resize(f"{name}, three axes", image(2, 3, 2, 1, 1), o, (3, 2, 4), mode="trilinear", align_corners=corners)
    resize(f"{name}, scales", image(3, 4, 1, 2), o, scale=(1.5, 0.75), mode="bilinear", align_corners=corners)


# ---- along channels ------------------------------------------------------------------------------

def over_channels(x, o, s):
    mean, var = x.mean(0, True), x.var(0, unbiased=False, keepdim=True)
    return (x - mean) / torch.sqrt(var + 1e-3) * s[:, None] + o[:, None]


def crosschannelnorm(x):
    squares = F.pad(x ** 2, (0, 0, 1, 1))
    return x / (2 + 0.1 * (squares[:, :, :-2] + squares[:, :, 1:-1] + squares[:, :, 2:]) / 3) ** 0.75


def attention(q, k, v):
    weights = torch.softmax(torch.einsum("cbk,cbq->bkq", k, q) / 2 ** 0.5, 1)
    return torch.einsum("cbk,bkq->cbq", v, weights), weights.permute(1, 2, 0).unsqueeze(2)


QKV = [mixed(2, 1, 3, labels="CBT"), mixed(2, 1, 2, seed=1, labels="CBT"), mixed(2, 1, 2, seed=2, labels="CBT")]
add("layernorm_over channels", 'dl_layernorm_over(x[0], "C", x[1], x[2], 1e-3)',
    [mixed(3, 2, labels="CB"), mixed(3), mixed(3, seed=1)], over_channels)
add("crosschannelnorm of 3", "dl_crosschannelnorm(x[0], 3, 0.1, 0.75, 2)", [image(2, 1, 4, 1)], crosschannelnorm)
add("attention of one head", "dl_attention(x[0], x[1], x[2], 1, NULL)", QKV, lambda *x: attention(*x)[0])
add("attention_weights of one head", "dl_attention_weights(x[0], x[1], x[2], 1, NULL, &y[0], &y[1]);", QKV, attention)
