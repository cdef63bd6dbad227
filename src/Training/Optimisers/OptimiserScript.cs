using static TorchSharp.torch;

namespace Weir.Training.Optimisers;

/// <summary>
/// What TorchSharp does not bind, as TorchScript. A call whose arguments are list literals is dropped as dead code:
/// lists are function arguments here, always.
/// </summary>
internal static class OptimiserScript
{
    private const string Text = """
        def norm(g: List[Tensor]):
          return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g)))

        def scale(g: List[Tensor], by: float):
          torch._foreach_mul_(g, by)
          return g[0]

        def adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], s: List[Tensor], lr: float,
                  beta1: float, beta2: float, wd: float, eps: float):
          mx: List[Tensor] = []
          torch._foreach_add_(s, 1)
          torch._fused_adamw_(p, g, m, v, mx, s, lr=lr, beta1=beta1, beta2=beta2, weight_decay=wd, eps=eps,
                              amsgrad=False, maximize=False)
          return p[0]

        def muon(p, g, m, lr: float, momentum: float, wd: float, steps: int):
          m.mul_(momentum).add_(g)
          u = g + momentum * m
          rows = u.size(-2)
          cols = u.size(-1)
          x = (u / (torch.linalg_matrix_norm(u, keepdim=True) + 1e-7)).to(dtype=15)
          if rows > cols:
            x = x.transpose(-2, -1)
          for i in range(steps):
            a = torch.matmul(x, x.transpose(-2, -1))
            b = 2.0315 * torch.matmul(a, a) - 4.7750 * a
            x = 3.4445 * x + torch.matmul(b, x)
          if rows > cols:
            x = x.transpose(-2, -1)
          s = max(1.0, float(rows) / float(cols)) ** 0.5
          p.mul_(1.0 - lr * wd).add_(x.to(dtype=6), alpha=-lr * s)
          return p
        """;

    private static readonly Lazy<jit.CompilationUnit> s_unit = new(() => jit.compile(Text + "\n"));

    public static double Norm(Tensor[] gradients) => ((Tensor)s_unit.Value.invoke("norm", [gradients])).item<float>();

    public static void Scale(Tensor[] tensors, double by) => s_unit.Value.invoke("scale", tensors, by);

    public static void AdamW(Tensor[] parameters, Tensor[] gradients, Tensor[] first, Tensor[] second, Tensor[] steps,
        double rate, double beta1, double beta2, double decay, double epsilon) => s_unit.Value.invoke("adamw",
            parameters, gradients, first, second, steps, rate, beta1, beta2, decay, epsilon);

    public static void Muon(Tensor parameter, Tensor gradient, Tensor momentum, double rate, double share, double decay,
        int steps) =>
        s_unit.Value.invoke("muon", parameter, gradient, momentum, rate, share, decay, steps);
}
