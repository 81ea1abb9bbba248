"""The node graph behind the demo's shot, in both shapes that ComfyUI embeds: the API graph and the editor's workflow.

A base checkpoint, the studio's look and the performer's replica as a stack of two LoRAs, a separate VAE, prompts, the layout as
starting image, one sampler and two branches: the shot itself and an enlarged copy.
"""

from typing import Any

BASE = "sd_xl_base_1.0.safetensors"
LOOK = "harbour_look_v1.safetensors"
REPLICA = "mara_replica_v2.safetensors"
VAE = "sdxl_vae.safetensors"
LAYOUT = "sc041_layout.png"
SEED = 904_117_220_635_811
POSITIVE = "mara walks along the harbour wall, dusk, painted in the harbour look, wide shot"
NEGATIVE = "text, watermark, extra people"

# What each class of node puts out, in slot order.
_OUTPUTS = {
    "CheckpointLoaderSimple": ["MODEL", "CLIP", "VAE"],
    "LoraLoader": ["MODEL", "CLIP"],
    "VAELoader": ["VAE"],
    "CLIPTextEncode": ["CONDITIONING"],
    "LoadImage": ["IMAGE", "MASK"],
    "VAEEncode": ["LATENT"],
    "KSampler": ["LATENT"],
    "VAEDecode": ["IMAGE"],
    "ImageScaleBy": ["IMAGE"],
    "SaveImage": [],
}


def _node(kind: str, title: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title}}


def prompt(layout_digest: str) -> dict[str, Any]:
    """The API graph: node id → class, inputs (values, or links as [node id, slot]) and title.

    `layout_digest` is the SHA-256, in hex, of the starting image: the tool stores it as `is_changed`.
    """
    image = _node("LoadImage", "Layout", image=LAYOUT, upload="image")
    image["is_changed"] = [layout_digest]
    return {
        "4": _node("CheckpointLoaderSimple", "Base", ckpt_name=BASE),
        "10": _node("LoraLoader", "Look", lora_name=LOOK, strength_model=0.8, strength_clip=0.8, model=["4", 0], clip=["4", 1]),
        "11": _node("LoraLoader", "Replica", lora_name=REPLICA, strength_model=0.65, strength_clip=1.0, model=["10", 0], clip=["10", 1]),
        "12": _node("VAELoader", "VAE", vae_name=VAE),
        "6": _node("CLIPTextEncode", "Positive", text=POSITIVE, clip=["11", 1]),
        "7": _node("CLIPTextEncode", "Negative", text=NEGATIVE, clip=["11", 1]),
        "13": image,
        "14": _node("VAEEncode", "Encode layout", pixels=["13", 0], vae=["12", 0]),
        "3": _node(
            "KSampler",
            "Sampler",
            seed=SEED,
            steps=28,
            cfg=6.5,
            sampler_name="dpmpp_2m",
            scheduler="karras",
            denoise=0.85,
            model=["11", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["14", 0],
        ),
        "8": _node("VAEDecode", "Decode", samples=["3", 0], vae=["12", 0]),
        "9": _node("SaveImage", "Shot", filename_prefix="sc041_0010_comp", images=["8", 0]),
        "15": _node("ImageScaleBy", "Enlarge", upscale_method="lanczos", scale_by=2.0, image=["8", 0]),
        "16": _node("SaveImage", "Enlarged", filename_prefix="sc041_0010_up2x", images=["15", 0]),
    }


def workflow(layout_digest: str) -> dict[str, Any]:
    """The same graph as the editor keeps it: nodes with places and widget values, links as six-tuples."""
    graph = prompt(layout_digest)
    links: list[list[Any]] = []
    nodes = [_editor_node(key, node, order, links) for order, (key, node) in enumerate(graph.items())]
    for number, source, slot, *_ in links:
        output = next(node for node in nodes if node["id"] == source)["outputs"][slot]
        output["links"].append(number)
    for link in links:
        link[5] = _OUTPUTS[graph[str(link[1])]["class_type"]][link[2]]
    return {
        "last_node_id": 16,
        "last_link_id": len(links),
        "nodes": nodes,
        "links": links,
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _editor_node(key: str, node: dict[str, Any], order: int, links: list[list[Any]]) -> dict[str, Any]:
    inputs: list[dict[str, Any]] = []
    widgets: list[Any] = []
    for name, value in node["inputs"].items():
        if isinstance(value, list):
            links.append([len(links) + 1, int(value[0]), value[1], int(key), len(inputs), ""])
            inputs.append({"name": name, "type": name.upper(), "link": len(links)})
        else:
            widgets.append(value)
    kind = node["class_type"]
    return {
        "id": int(key),
        "type": kind,
        "title": node["_meta"]["title"],
        "pos": [order * 260, 120],
        "size": [240, 100],
        "flags": {},
        "order": order,
        "mode": 0,
        "inputs": inputs,
        "outputs": [{"name": name, "type": name, "links": []} for name in _OUTPUTS[kind]],
        "properties": {"Node name for S&R": kind},
        "widgets_values": widgets,
    }
