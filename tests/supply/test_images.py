"""Labels of images, and bytes of files; the images themselves are built by `make supply-chain`."""

from __future__ import annotations

from tests.supply import images

COMMIT = "0" * 40
GOOD = {
    "title": "resonance/gateway", "version": "0.1.0", "revision": COMMIT, "created": "2026-11-30T10:00:00Z",
    "source": "https://git.example/resonance", "licenses": "Apache-2.0", "base.name": images.BASE,
    "base.digest": "sha256:" + "1" * 64,
}  # fmt: skip


def test_labels_that_say_everything_are_well_and_each_that_does_not_is_a_fault() -> None:
    def faults(**changed: str) -> list[str]:
        labels = {images.PREFIX + name: value for name, value in {**GOOD, **changed}.items()}
        return list(images.mislabelled("gateway", labels, COMMIT))

    assert faults() == []
    assert faults(revision=f"{COMMIT}-dirty") == []
    for wrong in ({"revision": "unknown"}, {"created": "unknown"}, {"base.digest": "unknown"}, {"version": ""}):
        assert len(faults(**wrong)) == 1, wrong
