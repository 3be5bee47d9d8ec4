"""As much of the WebDriver protocol (W3C) as a test of a page needs, with the standard library alone; chromedriver does the rest."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Refused(Exception):
    """What the browser answered instead of doing it."""


def available() -> bool:
    return bool(shutil.which("chromedriver") and (shutil.which("chromium") or shutil.which("google-chrome")))


class Browser:
    """A Chromium without a window."""

    def __init__(self, downloads: Path, width: int = 1360, height: int = 860) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        self.session = ""
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}"]
        options = {
            "args": arguments,
            "binary": shutil.which("chromium") or shutil.which("google-chrome"),
            "prefs": {"download.default_directory": str(downloads)},
        }
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        try:
            self._wait_for_driver()
            self.session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def _wait_for_driver(self) -> None:
        for _ in range(100):
            try:
                self._call("GET", "/status")
                return
            except (ConnectionError, urllib.error.URLError):
                time.sleep(0.1)
        raise Refused("chromedriver does not answer")

    def _call(self, method: str, path: str, body: dict | None = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)["value"]["message"]) from None

    def _ask(self, path: str, body: dict | None = None) -> object:
        return self._call("GET" if body is None else "POST", f"/session/{self.session}{path}", body)

    def close(self) -> None:
        if self.session:
            try:
                self._call("DELETE", f"/session/{self.session}")
            except (Refused, OSError):
                pass
        self.driver.terminate()
        self.driver.wait(10)

    def open(self, address: str) -> None:
        self._ask("/url", {"url": address})

    def js(self, script: str, *arguments: object) -> object:
        """The value of a script's `return`."""
        return self._ask("/execute/sync", {"script": script, "args": list(arguments)})

    def js_later(self, script: str, *arguments: object) -> object:
        """What a script hands to its last argument, a function."""
        return self._ask("/execute/async", {"script": script, "args": list(arguments)})

    def cdp(self, command: str, **parameters: object) -> object:
        """A command of Chromium's own protocol."""
        return self._ask("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, css: str) -> str:
        return self._ask("/element", {"using": "css selector", "value": css})[ELEMENT]

    def text(self, css: str) -> str:
        return self.js("return document.querySelector(arguments[0]).textContent", css)

    def click(self, css: str) -> None:
        self._ask(f"/element/{self.find(css)}/click", {})

    def type(self, css: str, keys: str) -> None:
        self._ask(f"/element/{self.find(css)}/value", {"text": keys})

    def mouse(self, *steps: tuple) -> None:
        """("move", x, y), ("down",) and ("up",) in turn."""
        actions = []
        for step in steps:
            if step[0] == "move":
                actions.append({"type": "pointerMove", "x": round(step[1]), "y": round(step[2]), "duration": 20})
            else:
                actions.append({"type": f"pointer{step[0].title()}", "button": 0})
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self._ask("/actions", {"actions": [pointer]})

    def keys(self, *keys: str) -> None:
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=places)

    def complaints(self) -> list[str]:
        """What the page said on its console since the last call, from warnings up."""
        entries = self._ask("/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("WARNING", "SEVERE")]

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("/screenshot")))
