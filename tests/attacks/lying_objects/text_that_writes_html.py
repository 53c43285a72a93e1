"""An exception's text is markup, terminal codes and a formula, for whoever reads the feedback."""


def token_rank(logits, answer):
    raise ValueError(
        "</code><script>document.title='canary'</script>\x1b[2J\u202e =HYPERLINK('canary')\ud800"
    )
