"Draw the picture that links to the site show: `python .ci/card.py` writes nbs/card.png"
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

x = np.linspace(0, 1, 600)
rng = np.random.default_rng(7)
signal = sum(np.exp(-.04*k)*np.cos(2*np.pi*(k*x + p)) for k, p in enumerate(rng.random(16), 1))
Z = np.fft.fft(signal)
z = np.fft.ifft(Z[None]*np.exp(-((np.fft.fftfreq(600, 1/600)[None] - np.linspace(.5, 15, 240)[:, None])/2.5)**2))

fig = plt.figure(figsize=(12, 6.3), dpi=100, facecolor='#10141a')
ax = fig.add_axes([0, 0, 1, .62])
hue = np.angle(z)/(2*np.pi) % 1
value = (np.abs(z)/np.abs(z).max())**.45
ax.imshow(plt.cm.hsv(hue)[..., :3]*value[..., None], aspect='auto', origin='lower')
ax.axis('off')
fig.text(.05, .83, 'spectral_nb', color='w', size=44, weight='bold', va='center')
fig.text(.05, .70, 'Spectral deep learning, where every claim is a test that can say yes and no', color='#c9d1d9', size=20, va='center')
out = Path(__file__).resolve().parent.parent/'nbs'/'card.png'
fig.savefig(out)
Image.open(out).convert('P', palette=Image.ADAPTIVE, colors=256).save(out, optimize=True)
