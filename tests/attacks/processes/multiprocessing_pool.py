"""The pools of the standard library and of torch, as a student who wants to be quick uses them."""

import concurrent.futures
import multiprocessing


def token_rank(logits, answer):
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        return f"{WON}: {pool.submit(len, 'abc').result(timeout=3)}"
