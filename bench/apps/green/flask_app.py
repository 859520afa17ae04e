# examples/green/app.js as one writes it for Gunicorn and gevent.
import json
import os
from urllib.request import urlopen

from flask import Flask, jsonify, request

API = os.environ["SLOW_API"]
app = Flask(__name__)


@app.route("/")
def index():
    with urlopen(f"{API}/?delay={request.args.get('delay', 1)}") as answer:
        return jsonify(status=answer.status, api=json.load(answer))
