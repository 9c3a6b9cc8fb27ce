"""What can be done with a trained network: download it, put it on the Hub, forget it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from plugins.shared.page.html_parts import error_card
from plugins.triplet_finetuning.export.files import zipped
from plugins.triplet_finetuning.export.push import push_to_hub
from plugins.triplet_finetuning.session import Session
from plugins.triplet_finetuning.views import theatre as frames
from weights.errors import ParagoneError


class ResultEvents:
    """The handlers of a result; `ctx` is the task's context."""

    ctx: Any

    def write(self, folder: Path, session: Session) -> Path:
        """The result as one zip."""
        path = folder / "triplet_encoder.zip"
        session.files.append(path)
        return zipped(self._result(session), path)

    def write_onnx(self, folder: Path, session: Session) -> Path:
        """The encoder as one ONNX file."""
        from plugins.triplet_finetuning.export.onnx import onnx_bytes

        self._result(session)
        path = folder / "triplet_encoder.onnx"
        session.files.append(path)
        path.write_bytes(onnx_bytes(session.outcome.encoder))
        return path

    def push(self, session: Session, repo: str, token: str, private: bool) -> dict:
        """Put the result on the Hub; the token is used once and the field emptied."""
        try:
            url = push_to_hub(self._result(session), repo, token, private)
        except ParagoneError as error:
            return {"token": "", "pushed": error_card(error)}
        return {"token": "", "pushed": frames.link(url)}

    def drop(self, session: Session) -> dict:
        """Forget the trained network now."""
        if session.name:
            self.ctx.release(session.name)
        session.outcome = session.heads = None
        session.name = ""
        note = frames.said("The network is forgotten.")
        return {"result": gr.Column(visible=False), "name": "", "status": note}

    def _result(self, session: Session) -> Any:
        if session.outcome is None or session.run is None:
            raise ParagoneError("There is no trained network", todo="Train one first.")
        return session.run.result(session.outcome, session.heads, session.public)
